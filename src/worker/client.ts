import { UnmaskError } from '../errors';
import { GenerationStream } from './generation-stream';
import {
  type BackendChoice,
  type GenerateSettings,
  type ModelInfo,
  type PageMessage,
  PROTOCOL_VERSION,
  type WorkerMessage,
} from './protocol';

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
  generate(settings: GenerateSettings, signal?: AbortSignal): GenerationStream;
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

  function load(modelUrl: string, backend: BackendChoice, options: ClientLoadOptions = {}): Promise<ModelInfo> {
    if (closed) return Promise.reject(closed);
    if (options.signal?.aborted) return Promise.reject(cancelled());
    return new Promise((resolve, reject) => {
      const receive = (message: WorkerMessage) => {
        switch (message.type) {
          case 'progress':
            options.onProgress?.(message.loadedBytes, message.totalBytes);
            return;
          case 'loaded':
            resolve(message.model);
            break;
          case 'cancelled':
          case 'error':
          case 'started':
          case 'step':
          case 'block':
          case 'done':
            reject(errorOf(message));
            break;
          default:
            message satisfies never;
        }
        finish();
      };
      const { runId, finish } = enter({ receive, fail: reject }, options.signal);
      port.postMessage({ type: 'load', version: PROTOCOL_VERSION, runId, modelUrl, backend });
    });
  }

  function generate(settings: GenerateSettings, signal?: AbortSignal): GenerationStream {
    const stream = new GenerationStream(() => leave());
    if (closed || signal?.aborted) {
      stream.end(closed ?? cancelled());
      return stream;
    }
    const receive = (message: WorkerMessage) => {
      switch (message.type) {
        case 'started':
        case 'step':
        case 'block':
          stream.push(message);
          return;
        case 'done':
          stream.push(message);
          stream.end();
          break;
        case 'cancelled':
        case 'error':
        case 'progress':
        case 'loaded':
          stream.end(errorOf(message));
          break;
        default:
          message satisfies never;
      }
      finish();
    };
    const { runId, finish, leave } = enter({ receive, fail: (error) => stream.end(error) }, signal);
    port.postMessage({ type: 'generate', version: PROTOCOL_VERSION, runId, settings });
    return stream;
  }

  return { load, generate, dispose: () => close(cancelled()) };
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
