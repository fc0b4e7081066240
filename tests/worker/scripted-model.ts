import { UnmaskError } from '../../src/errors';
import {
  type DistantPlace,
  type FoundOffer,
  type KeptModel,
  type ModelInfo,
  type ModelPlace,
  type ModelShelf,
  POLICY_NAMES,
} from '../../src/library/models';
import type { GenerateSettings, GenerationEvent, ReadEvent, Report } from '../../src/library/texts';
import type { FetchOptions, LoadedModel, Models, OpenOptions } from '../../src/worker/loaded-model';
import type { RacerEvent } from '../../src/worker/race-texts';

export const SETTINGS: GenerateSettings = {
  prompt: 'Once',
  after: [],
  blockSize: 2,
  maxTokens: 4,
  policy: 'first-hitting',
  steps: 2,
  threshold: 0.9,
  entropyBound: 0.5,
  temperature: 1,
  topP: 1,
  seed: 7,
};

export const INFO: ModelInfo = {
  name: 'Scripted',
  digest: '0123456789ab',
  licence: 'MIT',
  origin: { type: 'embedded' },
  keptId: null,
  totalBytes: 10,
  parameters: 1,
  dtype: 'f32',
  contextLength: 8,
  kvBytesPerToken: 1000,
  blockSizes: [1, 2, 4],
  defaultBlockSize: 2,
  policies: POLICY_NAMES,
  singlePasses: 2,
  backend: 'wasm',
  adapter: 'none',
  chat: true,
  hasTokenizer: true,
  bosId: 0,
  stopIds: [0],
  decoding: { policy: 'confidence', threshold: 0.9 },
};

/** Number `nth` of those that are kept. */
export function keptModel(nth: number): KeptModel {
  const { digest, licence, parameters, dtype, blockSizes } = INFO;
  const id = String(nth).padStart(64, '0');
  const facts = { name: `Kept ${nth}`, digest, licence, parameters, dtype, blockSizes, totalBytes: 10 };
  return { ...facts, id, keptBytes: 10, atWork: null, from: { type: 'url', url: `http://y/${nth}/` } };
}

/** A gate that a test opens: stands for the time a pass or a download takes. */
export class Gate {
  #open: () => void = () => {};
  readonly opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });
  open(): void {
    this.#open();
  }
}

/**
 * A model whose passes and downloads last as long as the test wants, and which records what was done to
 * it: the network would only hide the order of messages that these tests are about.
 */
export class ScriptedModel implements Models {
  /** What happened, in order: `open`, `write 7`, `pass`, `end`, `dispose`. */
  readonly log: string[] = [];
  /** Awaited before the model is open. */
  loading: Promise<void> = Promise.resolve();
  /** Thrown by the load. */
  loadFailure: Error | undefined;
  /** Awaited in every pass. */
  pass: Promise<void> = Promise.resolve();
  /** Thrown by the second pass. */
  failure: Error | undefined;

  /** Awaited, and thrown, by fetching. */
  fetching: Promise<void> = Promise.resolve();
  fetchFailure: Error | undefined;
  readonly kept: KeptModel[] = [];
  /** What a model is that is opened from elsewhere than the page's own place. */
  other: Partial<ModelInfo> = {};

  async open(place: ModelPlace, _backend: unknown, options: OpenOptions): Promise<LoadedModel> {
    this.log.push(place.type === 'embedded' ? 'open' : `open ${place.type}`);
    options.onProgress(5, 10);
    options.onCompiled(1, 3);
    await this.loading;
    if (this.loadFailure) throw this.loadFailure;
    const kept = place.type === 'kept' ? this.kept.find(({ id }) => id === place.id) : undefined;
    if (place.type === 'kept' && !kept) throw new UnmaskError('bad-model', 'Gone.');
    const from = kept && { origin: kept.from, keptId: kept.id, name: kept.name };
    return {
      info: { ...INFO, ...from, ...(place.type === 'embedded' ? {} : this.other) },
      write: (settings, report, signal) => this.#write(settings(), report, signal),
      race: (settings, _report, signal) => this.#race(settings, signal),
      read: ({ text }, signal) => this.#read(String(text), signal),
      alternatives: async ({ offset }) => [{ id: offset, text: `${offset}`, probability: 1 }],
      tokenize: (text) => [...String(text)].map((letter, id) => ({ id, text: letter })),
      dispose: () => this.log.push('dispose'),
    };
  }

  async fetch(place: DistantPlace, { signal, onProgress }: FetchOptions): Promise<ModelPlace | FoundOffer> {
    this.log.push('fetch');
    onProgress(1, 10);
    await this.fetching;
    if (signal.aborted) throw new UnmaskError('cancelled', 'Cancelled.');
    if (this.fetchFailure) throw this.fetchFailure;
    const from = place.type === 'url' ? place : ({ type: 'folder', name: place.name } as const);
    this.kept.push({ ...keptModel(this.kept.length + 1), from });
    return { type: 'kept', id: this.kept.at(-1)!.id };
  }

  async list(): Promise<ModelShelf> {
    return {
      embedded: INFO,
      kept: this.kept,
      unfinished: [],
      space: { usedBytes: 10 * this.kept.length, freeBytes: 1000 },
    };
  }

  async remove(id: string): Promise<void> {
    this.log.push('remove');
    this.kept.splice(
      this.kept.findIndex((model) => model.id === id),
      1,
    );
  }

  /** Tells of one letter a pass. */
  async *#read(text: string, signal: AbortSignal): AsyncGenerator<ReadEvent> {
    const tokens = [...text].map((letter, id) => ({ id, text: letter }));
    yield {
      type: 'read-started',
      tokens,
      bytes: text.length,
      scored: { tokens: text.length, bytes: text.length },
      blockSizes: [1],
      windows: 1,
    };
    for (const from of tokens.keys()) {
      await this.pass;
      if (signal.aborted) return;
      yield { type: 'read-tokens', from, nats: [from] };
    }
    yield { type: 'read-done' };
  }

  async *#race(settings: readonly GenerateSettings[], signal: AbortSignal): AsyncGenerator<RacerEvent> {
    for (const [racer, asked] of settings.entries()) {
      for await (const event of this.#write(asked, 'reveals', signal)) yield { racer, event };
    }
  }

  async *#write(settings: GenerateSettings, report: Report, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    this.log.push(`write ${settings.seed}`);
    yield { type: 'started', promptTokens: 1, pinned: [] };
    for (let pass = 0; pass < settings.maxTokens; pass++) {
      await this.pass;
      this.log.push('pass');
      if (signal.aborted) return;
      if (pass === 1 && this.failure) throw this.failure;
      const reveal = [{ id: pass, text: `${pass}`, position: 0, probability: 0.5 }];
      const guesses = report === 'guesses' ? [{ ...reveal[0]!, position: 1, drawn: null }] : undefined;
      yield { type: 'step', block: pass, step: 0, reveal, guesses, nfe: pass, seconds: 0 };
    }
    this.log.push('end');
    yield { type: 'done', reason: 'length', nfe: settings.maxTokens, seconds: 0 };
  }
}
