import type { CheckpointOffer, KeptDtype, KeptModel, ModelFacts, ModelOrigin, ModelShelf } from '../../library/unmask';
import { bytes, megabytes, millions } from '../fields/format';
import { shortUrl } from './place-name';
import type { PublishedModels } from './published-models';

/** `10.5 M parameters, q8` */
export function sizeText({ parameters, dtype }: Pick<ModelFacts, 'parameters' | 'dtype'>): string {
  return `${millions(parameters)} parameters, ${dtype}`;
}

/** `MIT`, `Apache-2.0`: repositories write the names of these in small letters. */
export function licenceText(licence: string): string {
  const known = ['MIT', 'Apache-2.0', 'BSD-3-Clause', 'CC-BY-4.0', 'CC-BY-SA-4.0'];
  return known.find((name) => name.toLowerCase() === licence) ?? licence;
}

/** `4, 8, 16`, or that it is not known. */
export function blockSizesText(sizes: readonly number[] | null): string {
  if (!sizes || sizes.length === 0) return 'known once it is complete';
  return sizes.join(', ');
}

/** `21.7 MB`, `12.0 of 181.3 MB saved`, `12.0 of 181.3 MB saved, another tab is fetching the rest` */
export function diskText({
  totalBytes,
  keptBytes,
  atWork,
}: Pick<KeptModel, 'totalBytes' | 'keptBytes' | 'atWork'>): string {
  if (keptBytes >= totalBytes) return bytes(totalBytes);
  const saved = `${megabytes(keptBytes)} of ${megabytes(totalBytes)} MB saved`;
  return atWork ? `${saved}, another tab is fetching the rest` : saved;
}

/** Where a model came from; of a URL its host comes first. */
export function originText(origin: ModelOrigin): string {
  switch (origin.type) {
    case 'embedded':
      return 'comes with this page';
    case 'url':
      return shortUrl(origin.url);
    case 'folder':
      return `the folder “${origin.name}”`;
    case 'checkpoint':
      return `${shortUrl(origin.place)}, converted here`;
    default:
      return origin satisfies never;
  }
}

/** `Saved models use 203.0 MB of the 221.4 MB stored by this page. 1.9 GB free` */
export function spaceText(kept: readonly Pick<KeptModel, 'keptBytes'>[], space: ModelShelf['space']): string {
  if (!space) return NOTHING_KEPT;
  const room = `${roughly(space.freeBytes)} free`;
  if (kept.length === 0) return `No other models saved. ${room}`;
  const ofModels = kept.reduce((sum, { keptBytes }) => sum + keptBytes, 0);
  const ofAll = Math.max(space.usedBytes, ofModels);
  return `Saved models use ${roughly(ofModels)} of the ${roughly(ofAll)} stored by this page. ${room}`;
}

/** `1.2 GB to fetch, 420.0 MB to store`, `400.0 MB of 1.2 GB left to fetch, 420.0 MB to store` */
export function fetchText(offer: CheckpointOffer, dtype: KeptDtype): string {
  const { fetchBytes, keptBytes, begun } = offer;
  if (isHere(offer, dtype)) return `all of it is here, ${roughly(keptBytes[dtype])} stored`;
  const left = fetchBytes - begun[dtype].fetchedBytes;
  const toFetch =
    left < fetchBytes ? `${roughly(left)} of ${roughly(fetchBytes)} left to fetch` : `${roughly(left)} to fetch`;
  return `${toFetch}, ${roughly(keptBytes[dtype])} to store`;
}

/** Whether nothing is left to fetch. */
export function isHere({ fetchBytes, begun }: CheckpointOffer, dtype: KeptDtype): boolean {
  return begun[dtype].fetchedBytes >= fetchBytes;
}

/** Whether what is still to come fits the storage. */
export function hasRoom({ keptBytes, begun, freeBytes }: CheckpointOffer, dtype: KeptDtype): boolean {
  return freeBytes === null || keptBytes[dtype] - begun[dtype].storedBytes <= freeBytes;
}

export function roomText(offer: CheckpointOffer, dtype: KeptDtype): string {
  if (offer.freeBytes === null) return NOTHING_KEPT;
  const room = `The browser’s storage has room for ${roughly(offer.freeBytes)}`;
  return hasRoom(offer, dtype) ? `${room}.` : `${room}, which is not enough. Remove a saved model first.`;
}

/** `82.0 MB of weights, 234.9 MB for a context of 2048 tokens` */
export function memoryText({ needs, contextLength }: CheckpointOffer, dtype: KeptDtype): string {
  const { weightBytes, cacheBytes } = needs[dtype];
  return `${roughly(weightBytes)} of weights, ${roughly(cacheBytes)} for a context of ${contextLength} tokens`;
}

/** Whether it fits the device that it would run on, as far as that can be known. */
export function deviceText({ device, needs }: CheckpointOffer, dtype: KeptDtype): string {
  const { largestBytes, fits } = needs[dtype];
  const most = roughly(device.mostBytes);
  if (device.type === 'cpu') {
    const where = 'No GPU here is faster than the CPU, which runs it';
    return fits ? `${where}.` : `${where}, but a page has ${most} of memory at most: this is too much.`;
  }
  if (!fits) return `It does not fit this GPU (${device.name}), whose largest buffer is ${most}.`;
  const cut = largestBytes > device.mostBytes ? ', so it is split' : '';
  return (
    `It fits this GPU (${device.name}), whose largest buffer is ${most}: the largest part takes ${roughly(largestBytes)}${cut}. ` +
    'Browsers do not say how much memory a GPU has.'
  );
}

/** `170 M parameters, 678.5 MB to fetch, Apache-2.0.` */
export function publishedText({ parameters, bytes, licence }: PublishedModels): string {
  return `${millions(parameters)} parameters, ${roughly(bytes)} to fetch, ${licence}.`;
}

/** Whether its real weights were run. */
export function ranText({ ran }: PublishedModels): string {
  return ran === null ? 'Not yet tested with its real weights.' : `Tested with its real weights: ${ran}.`;
}

const NOTHING_KEPT =
  'This browser cannot save models for this page, as in some private windows or over plain http. A model you open ' +
  'lasts until the page is closed.';

function roughly(count: number): string {
  return count < 1e9 ? bytes(count) : `${(count / 1e9).toFixed(count < 1e10 ? 1 : 0)} GB`;
}
