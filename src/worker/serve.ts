import { describeError, UnmaskError } from '../errors';
import type { LoadedModel, OpenModel } from './loaded-model';
import { parsePageMessage, runIdOf } from './page-message';
import type { PageMessage, WorkerMessage } from './protocol';

/** The worker's own end of the line to the page: its global scope, or a MessagePort. */
export interface PagePort {
  postMessage(message: WorkerMessage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
}

/**
 * Answers the page's messages with a model that `openModel` loads.
 *
 * One run at a time, and the newest wins: a `load` or `generate` that arrives while another run is at
 * work cancels it (the page gets its `cancelled` at once) and starts when the pass in flight is over,
 * since calls to a backend must not overlap. Nothing of a run is sent after its last message, which is
 * `loaded`, `done`, `cancelled` or `error`.
 */
export function serve(port: PagePort, openModel: OpenModel): void {
  let current: Run | undefined;
  let model: LoadedModel | undefined;
  /** Settles when the last run has let go of the model, cancelled or not. */
  let idle = Promise.resolve();

  function begin(runId: number, work: (run: Run) => Promise<void>): void {
    current?.cancel();
    const run = new Run(runId, port);
    current = run;
    idle = idle.then(async () => {
      if (run.over) return;
      try {
        await work(run);
      } catch (error) {
        run.fail(error);
      }
    });
  }

  async function load({ modelUrl, backend }: Extract<PageMessage, { type: 'load' }>, run: Run): Promise<void> {
    model?.dispose();
    model = undefined;
    const { runId, signal } = run;
    const opened = await openModel(modelUrl, backend, {
      signal,
      onProgress: (loadedBytes, totalBytes) => run.send({ type: 'progress', runId, loadedBytes, totalBytes }),
    });
    if (run.over) {
      opened.dispose();
      return;
    }
    model = opened;
    run.finish({ type: 'loaded', runId, model: opened.info });
  }

  async function generate({ settings }: Extract<PageMessage, { type: 'generate' }>, run: Run): Promise<void> {
    if (!model) throw new UnmaskError('bad-input', 'No model is loaded. Load the model, then generate.');
    for await (const news of model.write(settings, run.signal)) {
      if (run.over) return;
      const message = { ...news, runId: run.runId };
      if (message.type === 'done') run.finish(message);
      else run.send(message);
      await nextTask();
    }
  }

  function answer(message: PageMessage): void {
    switch (message.type) {
      case 'load':
        begin(message.runId, (run) => load(message, run));
        break;
      case 'generate':
        begin(message.runId, (run) => generate(message, run));
        break;
      case 'cancel':
        if (current?.runId === message.runId) current.cancel();
        break;
      default:
        message satisfies never;
    }
  }

  port.addEventListener('message', ({ data }) => {
    try {
      answer(parsePageMessage(data));
    } catch (error) {
      port.postMessage({ type: 'error', runId: runIdOf(data), ...describeError(error) });
    }
  });
}

/** One load or generation: sends nothing once it is over. */
class Run {
  readonly runId: number;
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
    this.finish({ type: 'error', runId: this.runId, ...describeError(error) });
  }

  cancel(): void {
    this.finish({ type: 'cancelled', runId: this.runId });
    this.#controller.abort();
  }
}

const turn = new MessageChannel();
turn.port1.start();

/**
 * Lets waiting messages in. The wasm backend computes without ever leaving the microtask queue, so
 * without this a `cancel` would be read only when the text is done. A timer would wait 4 ms each time.
 */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    turn.port1.addEventListener('message', () => resolve(), { once: true });
    turn.port2.postMessage(null);
  });
}
