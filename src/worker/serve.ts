import { describeError, UnmaskError } from '../errors';
import type { LoadedModel, OpenModel } from './loaded-model';
import { parsePageMessage, runIdOf } from './page-message';
import type { GenerateSettings, PageMessage, WorkerMessage } from './protocol';

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

  /** `work` starts later, when the run before has let go of the model. */
  function begin(runId: number, work: (run: Run) => Promise<void>): Run {
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
    return run;
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

  function loaded(): LoadedModel {
    if (!model) throw new UnmaskError('bad-input', 'No model is loaded. Load the model, then generate.');
    return model;
  }

  async function generate(run: Run): Promise<void> {
    for await (const news of loaded().write(() => run.settings!, run.signal)) {
      if (run.over) return;
      const message = { ...news, runId: run.runId };
      if (message.type === 'done') run.finish(message);
      else run.send(message);
      await nextTask();
    }
  }

  async function race({ settings }: Extract<PageMessage, { type: 'race' }>, run: Run): Promise<void> {
    const { runId } = run;
    for await (const { racer, news } of loaded().race(settings, run.signal)) {
      if (run.over) return;
      run.send({ type: 'raced', runId, racer, news });
      await nextTask();
    }
    run.finish({ type: 'race-done', runId });
  }

  async function inspect({ place }: Extract<PageMessage, { type: 'inspect' }>, run: Run): Promise<void> {
    const tokens = await loaded().alternatives(place, run.signal);
    run.finish({ type: 'alternatives', runId: run.runId, tokens });
  }

  function answer(message: PageMessage): void {
    switch (message.type) {
      case 'load':
        begin(message.runId, (run) => load(message, run));
        break;
      case 'generate':
        begin(message.runId, generate).settings = message.settings;
        break;
      case 'change':
        if (current?.runId === message.runId) current.settings = message.settings;
        break;
      case 'race':
        begin(message.runId, (run) => race(message, run));
        break;
      case 'inspect':
        begin(message.runId, (run) => inspect(message, run));
        break;
      case 'tokenize':
        port.postMessage({ type: 'tokens', runId: message.runId, tokens: loaded().tokenize(message.text) });
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

/** One load, generation, race or inspection: sends nothing once it is over. */
class Run {
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
