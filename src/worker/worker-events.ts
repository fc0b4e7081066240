import type { UnmaskError } from '../errors';
import type { PageMessage, WorkerMessage } from './protocol';

/** What happens to a worker by itself. */
export interface WorkerEvents {
  /** It has stopped; what was under way has failed. */
  stopped(error: UnmaskError): void;
  /** The GPU was lost. The worker puts the model on it again, and what is under way goes on then. */
  deviceLost(): void;
}

/** The page's end of the line: a Worker, or a MessagePort with a `terminate`. */
export interface WorkerPort {
  postMessage(message: PageMessage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerMessage>) => void): void;
  /** `error` also where the worker is gone without a word. */
  addEventListener(type: 'error' | 'messageerror', listener: (event: Event) => void): void;
  terminate(): void;
}
