import { describeError, UnmaskError } from '../errors';
import type { GenerateSettings } from '../library/texts';
import type { WorkerMessage } from './protocol';

/** The worker's own end of the line to the page: its global scope, or a MessagePort. */
export interface PagePort {
  postMessage(message: WorkerMessage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
}

/** The last message of a run that threw. */
export function failureOf(runId: number, error: unknown): WorkerMessage {
  const stack = error instanceof Error && !(error instanceof UnmaskError) ? error.stack : undefined;
  return { type: 'error', runId, ...describeError(error), stack };
}

/** Runs of which one is at work at a time, and the newest wins. */
export class RunQueue {
  readonly #port: PagePort;
  #current: Run | undefined;
  /** Settles when the last run has let go, cancelled or not. */
  #idle = Promise.resolve();

  constructor(port: PagePort) {
    this.#port = port;
  }

  /** Cancels the run before. `work` starts when that has let go. */
  begin(runId: number, work: (run: Run) => Promise<void>): Run {
    this.#current?.cancel();
    const run = new Run(runId, this.#port);
    this.#current = run;
    this.#idle = this.#idle.then(async () => {
      if (run.over) return;
      try {
        await work(run);
      } catch (error) {
        run.fail(error);
      }
    });
    return run;
  }

  /** The newest run, if it has this id. */
  find(runId: number): Run | undefined {
    return this.#current?.runId === runId ? this.#current : undefined;
  }
}

/** One load, fetch, generation, race or inspection: sends nothing once it is over. */
export class Run {
  readonly runId: number;
  /** Of a generation: those that its next block is written under. */
  settings: GenerateSettings | undefined;
  readonly #port: PagePort;
  readonly #controller = new AbortController();
  #over = false;

  constructor(runId: number, port: PagePort) {
    this.runId = runId;
    this.#port = port;
  }

  get over(): boolean {
    return this.#over;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  send(message: WorkerMessage): void {
    if (!this.#over) this.#port.postMessage(message);
  }

  finish(last: WorkerMessage): void {
    this.send(last);
    this.#over = true;
  }

  fail(error: unknown): void {
    this.finish(failureOf(this.runId, error));
  }

  cancel(): void {
    this.finish({ type: 'cancelled', runId: this.runId });
    this.#controller.abort();
  }
}
