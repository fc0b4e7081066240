import {
  type FoundCheckpoint,
  type FoundPlace,
  findAtAddress,
  findInFolder,
} from '../checkpoint/remote/find-checkpoint';
import { makingOf, type SurveyedCheckpoint, sayingWhatIsKept, surveyCheckpoint } from '../convert/surveyed-checkpoint';
import type { ModelStore } from '../model/store/model-store';
import { PATIENCE } from '../model/store/patience';
import type { FetchOptions } from './loaded-model';
import { LARGEST_PASSING, makePassing } from './passing-models';
import type { DistantPlace, FoundOffer, KeptDtype, ModelPlace } from './protocol';

/** The checkpoint that was offered last, so that what is small of it is not fetched again. */
let offered: { readonly place: DistantPlace; readonly surveyed: SurveyedCheckpoint } | null = null;

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
  store: ModelStore | null,
  options: FetchOptions,
): Promise<ModelPlace | FoundOffer> {
  const { hub, dtype, signal } = options;
  try {
    const surveyed =
      offered?.surveyed.found === found
        ? offered.surveyed
        : await surveyCheckpoint(found, { endpoint: hub, patience: PATIENCE }, signal);
    offered = { place, surveyed };
    if (dtype === null) return { type: 'offer', offer: await offerOf(surveyed, store) };
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

async function offerOf(
  { found, heads, modelType, tokenizer, fetchBytes, keptBytes }: SurveyedCheckpoint,
  store: ModelStore | null,
): Promise<FoundOffer['offer']> {
  const { name, licence, parameters } = heads;
  const freeBytes = store && (await store.space()).freeBytes;
  const tokenizerFrom = tokenizer?.repository ?? null;
  const suggested = suggestedDtype(keptBytes, freeBytes ?? LARGEST_PASSING);
  const { place } = found;
  return { name, licence, modelType, parameters, place, tokenizerFrom, fetchBytes, keptBytes, suggested, freeBytes };
}

/** Memory that a page can count on for weights, also where the device says little of itself. */
const LARGEST_Q8 = 300e6;

/** q8 reads as the original does; a larger model is of more use with half of the bytes. */
function suggestedDtype(keptBytes: SurveyedCheckpoint['keptBytes'], freeBytes: number): KeptDtype {
  return keptBytes.q8 <= Math.min(LARGEST_Q8, freeBytes) ? 'q8' : 'q4';
}

function isSame(one: DistantPlace, other: DistantPlace): boolean {
  if (one.type === 'url') return other.type === 'url' && one.url === other.url;
  return other.type === 'folder' && one.name === other.name && one.files.length === other.files.length;
}
