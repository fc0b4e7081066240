import { findPlace, needOf } from '../backends/device-need';
import {
  type FoundCheckpoint,
  type FoundPlace,
  findAtAddress,
  findInFolder,
} from '../checkpoint/remote/find-checkpoint';
import { bytesThrough } from '../convert/journal';
import { JOURNAL } from '../convert/stream-weights';
import { makingOf, type SurveyedCheckpoint, sayingWhatIsKept, surveyCheckpoint } from '../convert/surveyed-checkpoint';
import type {
  BegunConversion,
  CheckpointOffer,
  DistantPlace,
  FoundOffer,
  KeptDtype,
  ModelPlace,
} from '../library/models';
import type { ModelStore } from '../model/store/model-store';
import { PATIENCE } from '../model/store/patience';
import type { FetchOptions } from './loaded-model';
import { LARGEST_PASSING, makePassing } from './passing-models';
import type { Platform } from './platform';

/** The checkpoint that was offered last, so that what is small of it is not fetched again. */
let offered: { readonly place: DistantPlace; readonly surveyed: SurveyedCheckpoint } | null = null;

/** Where a checkpoint is kept, or null for a worker's memory; and the GPU that it would run on. */
interface Keeping extends Pick<Platform, 'gpu'> {
  readonly store: ModelStore | null;
}

/** Finds out what is at a place. Throws `bad-input`, `network`, `bad-model`, or the AbortError. */
export async function findCheckpoint(place: DistantPlace, { hub, dtype, signal }: FetchOptions): Promise<FoundPlace> {
  if (dtype !== null && offered && isSame(offered.place, place)) return offered.surveyed.found;
  offered = null;
  return place.type === 'url' ? findAtAddress(place.url, hub, PATIENCE, signal) : findInFolder(place.name, place.files);
}

/**
 * Offers a checkpoint, or with a dtype converts and keeps it; without a store it lasts as long as the worker. Throws as
 * `surveyCheckpoint`, and `storage-full` or `out-of-memory`.
 */
export async function fetchCheckpoint(
  found: FoundCheckpoint,
  place: DistantPlace,
  { store, gpu }: Keeping,
  options: FetchOptions,
): Promise<ModelPlace | FoundOffer> {
  const { hub, dtype, signal } = options;
  try {
    const surveyed =
      offered?.surveyed.found === found
        ? offered.surveyed
        : await surveyCheckpoint(found, { endpoint: hub, patience: PATIENCE }, signal);
    offered = { place, surveyed };
    if (dtype === null) return { type: 'offer', offer: await offerOf(surveyed, { store, gpu }) };
    const making = await makingOf(surveyed, dtype, signal);
    const id = await (store
      ? sayingWhatIsKept(options, async (options) => (await store.make(making, options)).id)
      : makePassing(making, options));
    offered = null;
    return { type: 'kept', id };
  } catch (error) {
    // Another try looks anew.
    offered = null;
    throw error;
  } finally {
    found.close();
  }
}

async function offerOf(surveyed: SurveyedCheckpoint, { store, gpu }: Keeping): Promise<CheckpointOffer> {
  const { found, heads, config, tokenizer, fetchBytes, keptBytes } = surveyed;
  const { name, licence, parameters } = heads;
  const device = await findPlace(await gpu('auto'));
  const begun = { q4: await begunOf(surveyed, 'q4', store), q8: await begunOf(surveyed, 'q8', store) };
  const need = (dtype: KeptDtype) => needOf(config, { dtype, embeddingDtype: dtype }, device);
  const offer = {
    name,
    licence,
    modelType: config.modelType,
    parameters,
    place: found.place,
    tokenizerFrom: tokenizer?.repository ?? null,
    fetchBytes,
    keptBytes,
    begun,
    device,
    needs: { q4: need('q4'), q8: need('q8') },
    contextLength: config.contextLength,
    freeBytes: store && (await store.space()).freeBytes,
  };
  return { ...offer, suggested: suggestedDtype(offer) };
}

/** What an earlier try has done, or all of it where the model is kept whole. */
async function begunOf(
  { keys, keptBytes, fetchBytes }: SurveyedCheckpoint,
  dtype: KeptDtype,
  store: ModelStore | null,
): Promise<BegunConversion> {
  const key = keys[dtype];
  const made = (await store?.list())?.find(({ from }) => from.type === 'checkpoint' && from.key === key);
  if (made && made.keptBytes === made.totalBytes) return { fetchedBytes: fetchBytes, storedBytes: keptBytes[dtype] };
  const unfinished = (await store?.unfinished())?.find((conversion) => conversion.key === key);
  const journal = await store?.readUnfinished(key, JOURNAL);
  const fetchedBytes = journal ? bytesThrough(new Uint8Array(await journal.arrayBuffer())) : 0;
  return { fetchedBytes, storedBytes: Math.min(unfinished?.bytes ?? 0, keptBytes[dtype]) };
}

/** What weights may take: on a phone's GPU or on the CPU, and on a GPU whose bindings tell of a larger machine. */
const LARGEST_Q8 = { small: 300e6, large: 1e9 };
const LARGE_BINDING = 2 ** 30;

/** What was begun; else q8, which reads as the original does, or for a larger model q4, of half the bytes. */
function suggestedDtype({ keptBytes, begun, device, needs, freeBytes }: Omit<CheckpointOffer, 'suggested'>): KeptDtype {
  if (begun.q4.fetchedBytes !== begun.q8.fetchedBytes) {
    return begun.q4.fetchedBytes > begun.q8.fetchedBytes ? 'q4' : 'q8';
  }
  const isLarge = device.type === 'gpu' && device.mostBytes >= LARGE_BINDING;
  const most = Math.min(LARGEST_Q8[isLarge ? 'large' : 'small'], freeBytes ?? LARGEST_PASSING);
  return needs.q8.fits && keptBytes.q8 <= most ? 'q8' : 'q4';
}

function isSame(one: DistantPlace, other: DistantPlace): boolean {
  if (one.type === 'url') return other.type === 'url' && one.url === other.url;
  return other.type === 'folder' && one.name === other.name && one.files.length === other.files.length;
}
