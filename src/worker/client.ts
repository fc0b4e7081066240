import { UnmaskError } from '../errors';
import {
  type AlternativeToken,
  type BackendChoice,
  type GenerateSettings,
  type GenerationMessage,
  type ModelInfo,
  type PageMessage,
  type PlaceInText,
  PROTOCOL_VERSION,
  type RaceMessage,
  type TokenText,
  type WorkerMessage,
} from './protocol';
import { RunStream } from './run-stream';

/** The page's end of the line: a Worker, or a MessagePort with a `terminate`. */
export interface WorkerPort {
  postMessage(message: PageMessage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerMessage>) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: Event) => void): void;
  terminate(): void;
}

export interface ClientLoadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void;
}

/** The worker as the page uses it. Every method throws or rejects with an `UnmaskError`. */
export interface Client {
  /** Loads a model folder (absolute URL with its last slash) in place of the one before. Rejects with `cancelled` on abort. */
  load(modelUrl: string, backend: BackendChoice, options?: ClientLoadOptions): Promise<ModelInfo>;
  /**
   * Starts writing at once and yields what the worker says until `done`. Throws `cancelled` when
   * `signal` is aborted or another run takes its place. Leaving the loop stops the worker too.
   */
  generate(settings: GenerateSettings, signal?: AbortSignal): RunStream<GenerationMessage>;
  /** Other settings for the newest generation, from its next block on: `changed` tells when. */
  change(settings: GenerateSettings): void;
  /** As `generate`, a text for each of the settings, side by side. */
  race(settings: readonly GenerateSettings[], signal?: AbortSignal): RunStream<RaceMessage>;
  /** What else could have stood at a place; takes the place of another run. Rejects with `cancelled` on abort. */
  inspect(place: PlaceInText, signal?: AbortSignal): Promise<readonly AlternativeToken[]>;
  /** The tokens of a text on its own. */
  tokenize(text: string): Promise<readonly TokenText[]>;
  /** Ends the worker and frees all it holds. Runs under way are cancelled. Safe to call twice. */
  dispose(): void;
}

/** What the client still waits for. */
interface Run {
  receive(message: WorkerMessage): void;
  fail(error: UnmaskError): void;
}

const cancelled = () => new UnmaskError('cancelled', 'Cancelled.');

/** Starts a worker of its own for a client. */
export function startClient(): Client {
  return createClient(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'unmask' }));
}

/** A client of a worker that answers on `port`. */
export function createClient(port: WorkerPort): Client {
  const runs = new Map<number, Run>();
  let lastRunId = 0;
  /** Of the newest generation. */
  let generation = 0;
  /** Why nothing can be asked any more. */
  let closed: UnmaskError | undefined;

  function close(error: UnmaskError): void {
    if (closed) return;
    closed = error;
    port.terminate();
    for (const run of [...runs.values()]) run.fail(error);
    runs.clear();
  }

  port.addEventListener('message', ({ data }) => runs.get(data.runId)?.receive(data));
  port.addEventListener('error', (event) => close(crash(event)));
  port.addEventListener('messageerror', (event) => close(crash(event)));

  /** Enters a run. `finish` forgets it; `cancel` also tells the worker and fails it at once. */
  function enter(run: Run, signal: AbortSignal | undefined) {
    const runId = ++lastRunId;
    const finish = () => {
      runs.delete(runId);
      signal?.removeEventListener('abort', cancel);
    };
    const leave = () => {
      finish();
      if (!closed) port.postMessage({ type: 'cancel', version: PROTOCOL_VERSION, runId });
    };
    const cancel = () => {
      leave();
      run.fail(cancelled());
    };
    runs.set(runId, run);
    signal?.addEventListener('abort', cancel, { once: true });
    return { runId, finish, leave };
  }

  /** A run that ends with one answer. `take` returns it, or undefined for any other message. */
  function ask<T>(
    request: (runId: number) => PageMessage,
    take: (message: WorkerMessage) => T | undefined,
    signal?: AbortSignal,
  ): Promise<T> {
    if (closed) return Promise.reject(closed);
    if (signal?.aborted) return Promise.reject(cancelled());
    return new Promise((resolve, reject) => {
      const receive = (message: WorkerMessage) => {
        const answer = take(message);
        if (answer === undefined && message.type === 'progress') return;
        if (answer === undefined) reject(errorOf(message));
        else resolve(answer);
        finish();
      };
      const { runId, finish } = enter({ receive, fail: reject }, signal);
      port.postMessage(request(runId));
    });
  }

  /** A run that tells many things: those that are `mine`, of which `last` is the last. */
  function follow<Message extends WorkerMessage>(
    request: (runId: number) => PageMessage,
    mine: (message: WorkerMessage) => message is Message,
    last: Message['type'],
    signal?: AbortSignal,
  ): RunStream<Message> {
    const stream = new RunStream<Message>(() => leave());
    if (closed || signal?.aborted) {
      stream.end(closed ?? cancelled());
      return stream;
    }
    const receive = (message: WorkerMessage) => {
      if (mine(message)) stream.push(message);
      if (mine(message) && message.type !== last) return;
      stream.end(mine(message) ? undefined : errorOf(message));
      finish();
    };
    const { runId, finish, leave } = enter({ receive, fail: (error) => stream.end(error) }, signal);
    port.postMessage(request(runId));
    return stream;
  }

  const version = PROTOCOL_VERSION;
  return {
    load: (modelUrl, backend, { signal, onProgress } = {}) =>
      ask(
        (runId) => ({ type: 'load', version, runId, modelUrl, backend }),
        (message) => {
          if (message.type === 'progress') onProgress?.(message.loadedBytes, message.totalBytes);
          return message.type === 'loaded' ? message.model : undefined;
        },
        signal,
      ),
    generate(settings, signal) {
      const request = (runId: number): PageMessage => ({ type: 'generate', version, runId, settings });
      const stream = follow(request, isOfGeneration, 'done', signal);
      generation = lastRunId;
      return stream;
    },
    change(settings) {
      if (!closed) port.postMessage({ type: 'change', version, runId: generation, settings });
    },
    race: (settings, signal) =>
      follow((runId) => ({ type: 'race', version, runId, settings }), isOfRace, 'race-done', signal),
    inspect: (place, signal) =>
      ask(
        (runId) => ({ type: 'inspect', version, runId, place }),
        (message) => (message.type === 'alternatives' ? message.tokens : undefined),
        signal,
      ),
    tokenize: (text) =>
      ask(
        (runId) => ({ type: 'tokenize', version, runId, text }),
        (message) => (message.type === 'tokens' ? message.tokens : undefined),
      ),
    dispose: () => close(cancelled()),
  };
}

function isOfGeneration(message: WorkerMessage): message is GenerationMessage {
  return ['started', 'changed', 'step', 'block', 'done'].includes(message.type);
}

function isOfRace(message: WorkerMessage): message is RaceMessage {
  return message.type === 'raced' || message.type === 'race-done';
}

/** The error that a run's last message stands for. */
function errorOf(message: WorkerMessage): UnmaskError {
  if (message.type === 'error') return new UnmaskError(message.code, message.message);
  if (message.type === 'cancelled') return cancelled();
  return new UnmaskError('internal', `The worker answered with "${message.type}" out of turn. Reload the page.`);
}

function crash(event: Event): UnmaskError {
  const detail = 'message' in event && typeof event.message === 'string' ? ` (${event.message})` : '';
  return new UnmaskError('internal', `The worker that runs the model has stopped${detail}. Load the model again.`);
}
