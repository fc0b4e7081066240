import type { OpenOptions } from '../library/api';
import type {
  AtWork,
  BackendChoice,
  DistantPlace,
  FoundOffer,
  KeptDtype,
  ModelInfo,
  ModelPlace,
  ModelShelf,
} from '../library/models';
import type {
  AlternativeToken,
  EventStream,
  GenerateSettings,
  GenerationEvent,
  PlaceInText,
  Prompt,
  RaceEvent,
  ReadEvent,
  ReadRequest,
  Report,
  TokenText,
} from '../library/texts';
import { openWorker } from './open-worker';
import {
  type ContextSize,
  type GenerationMessage,
  type PageMessage,
  PROTOCOL_VERSION,
  type RaceMessage,
  type ReadMessage,
  type WorkerMessage,
} from './protocol';
import type { WorkerEvents, WorkerPort } from './worker-events';
import { WorkerLine } from './worker-line';

/** How something is fetched. */
export interface ClientFetchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((loadedBytes: number, totalBytes: number, atWork?: AtWork) => void) | undefined;
}

/** How a model is fetched. */
export interface ClientOpenOptions extends ClientFetchOptions {
  /** Where Hugging Face repositories are. */
  readonly hub?: string | undefined;
  /** How to keep a checkpoint; it is offered where this is left out. */
  readonly dtype?: KeptDtype | null;
}

/** How a model is loaded. */
export interface ClientLoadOptions extends ClientFetchOptions {
  /** See `OpenOptions`. */
  readonly onCompiled?: OpenOptions['onCompiled'];
  /** The model's usual context where not given. */
  readonly context?: ContextSize | undefined;
  /** See `OpenOptions`. */
  readonly firstText?: OpenOptions['firstText'];
}

/**
 * A worker whose model can be exchanged, with what a page needs beside one open model: the models in the browser's
 * storage, settings that change while a text is written, and races. `openModel` uses one for each model.
 *
 * Every method throws or rejects with an `UnmaskError`. Where the worker stops by itself, what is under way fails with
 * `internal`; a request that needs no loaded model starts another.
 */
export interface Client {
  /** Loads a model in place of the one before. Rejects with `cancelled` on abort. */
  load(place: ModelPlace, backend: BackendChoice, options?: ClientLoadOptions): Promise<ModelInfo>;
  /**
   * Keeps a model for a later `load` of the place that it resolves with, while a text is written on. Without a dtype a
   * checkpoint is offered instead.
   */
  fetchModel(place: DistantPlace, options?: ClientOpenOptions): Promise<ModelPlace | FoundOffer>;
  /** What can be loaded without fetching, and how much space is left. `embeddedUrl` as in `ModelPlace`. */
  listModels(embeddedUrl: string): Promise<ModelShelf>;
  /** Forgets a kept model. */
  removeModel(id: string): Promise<void>;
  /**
   * Starts writing at once and yields what the worker says until `done`. Throws `cancelled` when
   * `signal` is aborted or another run takes its place. Leaving the loop stops the worker too. `reveals` is what is
   * reported where nothing else is asked for.
   */
  generate(settings: GenerateSettings, signal?: AbortSignal, report?: Report): EventStream<GenerationEvent>;
  /** Other settings for the newest generation, from its next block on: `changed` tells when. */
  change(settings: GenerateSettings): void;
  /** As `generate`, a text for each of the settings, side by side. */
  race(settings: readonly GenerateSettings[], signal?: AbortSignal, report?: Report): EventStream<RaceEvent>;
  /** As `generate`, but scores a text. Yields until `read-done`. */
  read(request: ReadRequest, signal?: AbortSignal): EventStream<ReadEvent>;
  /** What else could have stood at a place; takes the place of another run. Rejects with `cancelled` on abort. */
  inspect(place: PlaceInText, signal?: AbortSignal): Promise<readonly AlternativeToken[]>;
  /** The tokens of a text on its own, or of a conversation by the model's template. */
  tokenize(text: Prompt): Promise<readonly TokenText[]>;
  /** Ends the worker for good and frees all it holds. Runs under way are cancelled. Safe to call twice. */
  dispose(): void;
}

/**
 * Starts nothing yet: a worker of the client's own begins with the first request.
 *
 * @param start - Starts the worker. Default: from the file that this package has for it.
 */
export function startClient(events: Partial<WorkerEvents> = {}, start?: () => Worker): Client {
  return createClient(() => openWorker(start), events);
}

/** A client of a worker that `open` starts: the first when something is asked, another after one has stopped. */
export function createClient(open: () => WorkerPort, events: Partial<WorkerEvents> = {}): Client {
  const line = new WorkerLine(open, events);
  const version = PROTOCOL_VERSION;
  /** Of the newest generation. */
  let generation = 0;

  /** A run that needs no loaded model. */
  const askAnew: WorkerLine['ask'] = (request, take, signal) => {
    line.revive();
    return line.ask(request, take, signal);
  };

  return {
    load: (place, backend, { signal, onProgress, onCompiled, context, firstText } = {}) =>
      askAnew(
        (runId) => ({ type: 'load', version, runId, place, backend, context, firstText }),
        (message) => {
          tellProgress(message, onProgress);
          if (message.type === 'compiled') onCompiled?.(message.done, message.total);
          return message.type === 'loaded' ? message.model : undefined;
        },
        signal,
      ),
    fetchModel: (place, { signal, onProgress, hub, dtype = null } = {}) =>
      askAnew<ModelPlace | FoundOffer>(
        (runId) => ({ type: 'fetch-model', version, runId, place, hub, dtype }),
        (message) => {
          tellProgress(message, onProgress);
          if (message.type === 'offered') return { type: 'offer', offer: message.offer };
          return message.type === 'fetched' ? message.place : undefined;
        },
        signal,
      ),
    listModels: (embeddedUrl) =>
      askAnew(
        (runId) => ({ type: 'list-models', version, runId, embeddedUrl }),
        (message) => (message.type === 'models' ? message.shelf : undefined),
      ),
    async removeModel(id) {
      const request = (runId: number): PageMessage => ({ type: 'remove-model', version, runId, id });
      await askAnew(request, (message) => (message.type === 'removed' ? message : undefined));
    },
    generate(settings, signal, report = 'reveals') {
      const request = (runId: number): PageMessage => ({ type: 'generate', version, runId, settings, report });
      const stream = line.follow(request, isOfGeneration, 'done', signal);
      generation = line.lastRunId;
      return stream;
    },
    change: (settings) => line.tell({ type: 'change', version, runId: generation, settings }),
    race: (settings, signal, report = 'reveals') =>
      line.follow((runId) => ({ type: 'race', version, runId, settings, report }), isOfRace, 'race-done', signal),
    read: (request, signal) =>
      line.follow((runId) => ({ type: 'read', version, runId, request }), isOfReading, 'read-done', signal),
    inspect: (place, signal) =>
      line.ask(
        (runId) => ({ type: 'inspect', version, runId, place }),
        (message) => (message.type === 'alternatives' ? message.tokens : undefined),
        signal,
      ),
    tokenize: (text) =>
      line.ask(
        (runId) => ({ type: 'tokenize', version, runId, text }),
        (message) => (message.type === 'tokens' ? message.tokens : undefined),
      ),
    dispose: () => line.end(),
  };
}

function tellProgress(message: WorkerMessage, onProgress: ClientFetchOptions['onProgress']): void {
  if (message.type === 'progress') onProgress?.(message.loadedBytes, message.totalBytes, message.atWork);
}

function isOfGeneration(message: WorkerMessage): message is GenerationMessage {
  return ['started', 'changed', 'step', 'block', 'done'].includes(message.type);
}

function isOfReading(message: WorkerMessage): message is ReadMessage {
  return message.type.startsWith('read-');
}

function isOfRace(message: WorkerMessage): message is RaceMessage {
  return message.type === 'raced' || message.type === 'race-done';
}
