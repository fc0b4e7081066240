import type { Client } from '../worker/client';
import { completeSettings, startOf } from '../worker/complete-settings';
import type { Generation, Model, OpenOptions, Score } from './api';
import type { ModelInfo, ModelPlace } from './models';
import type { ReadEvent, SizeScore, TokenText } from './texts';

/** Opens a model in a client's worker, which ends with it, or with the failure to open it. */
export async function openOn(client: Client, place: ModelPlace, options: OpenOptions): Promise<Model> {
  try {
    const { backend = 'auto', signal, onProgress, onCompiled, context, firstText } = options;
    const here = await bring(client, place, options);
    return modelOf(client, await client.load(here, backend, { signal, onProgress, onCompiled, context, firstText }));
  } catch (error) {
    client.dispose();
    throw error;
  }
}

/** The place to load a model from; a checkpoint is converted first, and kept where that can be. */
async function bring(client: Client, place: ModelPlace, options: OpenOptions): Promise<ModelPlace> {
  const { signal, onProgress, hub, dtype } = options;
  const isHere = place.type === 'folder' && place.files.some(({ name }) => name === 'manifest.json');
  if (isHere || (place.type !== 'url' && place.type !== 'folder')) return place;
  const found = await client.fetchModel(place, { signal, onProgress, hub });
  if (found.type !== 'offer') return found;
  const kept = await client.fetchModel(place, { signal, onProgress, hub, dtype: dtype ?? found.offer.suggested });
  return kept.type === 'offer' ? place : kept;
}

function modelOf(client: Client, info: ModelInfo): Model {
  return {
    info,
    generate(prompt, { signal, report, ...options } = {}) {
      const settings = completeSettings(prompt, options, info);
      return Object.assign(client.generate(settings, signal, report), { settings }) satisfies Generation;
    },
    score: (text, { signal, before = '', draws = 8, seed = 0, ...options } = {}) =>
      scoreOf(client.read({ before, text, draws, seed, schedules: [], ...options }, signal)),
    read: (request, signal) => client.read(request, signal),
    alternatives: (prompt, place, signal) => client.inspect({ ...startOf(prompt), ...place }, signal),
    tokenize: (text) => client.tokenize(text),
    dispose: () => client.dispose(),
  };
}

/** Puts together what reading tells. */
async function scoreOf(events: AsyncIterable<ReadEvent>): Promise<Score> {
  let tokens: readonly TokenText[] = [];
  let scored: Score['scored'] = { tokens: 0, bytes: 0 };
  let nats: (number | null)[] = [];
  const sizes: SizeScore[] = [];
  for await (const event of events) {
    if (event.type === 'read-started') {
      ({ tokens, scored } = event);
      nats = tokens.map(() => null);
    }
    if (event.type === 'read-tokens') nats.splice(event.from, event.nats.length, ...event.nats);
    if (event.type === 'read-size') {
      const { blockSize, natsPerToken, standardError, perplexity, bitsPerByte } = event;
      sizes.push({ blockSize, natsPerToken, standardError, perplexity, bitsPerByte });
    }
  }
  return { tokens, nats, scored, sizes };
}
