import { HUGGING_FACE } from '../checkpoint/remote/hub';
import { UnmaskError } from '../errors';
import type { LoadedModel, LoadOptions, Models } from './loaded-model';
import { parsePageMessage, runIdOf } from './page-message';
import type { PageMessage, WorkerMessage } from './protocol';
import { failureOf, type PagePort, type Run, RunQueue } from './run-queue';

/**
 * Answers the page's messages with what `models` has.
 *
 * One run at a time has the model, and the newest wins: a `load` or `generate` that arrives while another is at
 * work cancels it (the page gets its `cancelled` at once) and starts when the pass in flight is over, since calls
 * to a backend must not overlap. A `fetch-model` has a queue of its own, so a text is written on meanwhile. Nothing
 * of a run is sent after its last message, which is `loaded`, `fetched`, `done`, `cancelled` or `error`.
 *
 * Returns what frees the model once the pass in flight is over, for who serves in a thread that lives on.
 */
export function serve(port: PagePort, models: Models): () => void {
  let model: LoadedModel | undefined;
  const withModel = new RunQueue(port);
  const fetching = new RunQueue(port);

  async function load(
    { place, backend, context, firstText }: Extract<PageMessage, { type: 'load' }>,
    run: Run,
  ): Promise<void> {
    model?.dispose();
    model = undefined;
    const { runId } = run;
    const opened = await models.open(place, backend, {
      ...loadOptions(run),
      context,
      firstText,
      onDeviceLost: () => port.postMessage({ type: 'device-lost', runId: 0 }),
      onCompiled: (done, total) => run.send({ type: 'compiled', runId, done, total }),
    });
    if (run.over) {
      opened.dispose();
      return;
    }
    model = opened;
    run.finish({ type: 'loaded', runId, model: opened.info });
  }

  async function fetchModel(
    { place, hub, dtype }: Extract<PageMessage, { type: 'fetch-model' }>,
    run: Run,
  ): Promise<void> {
    const { runId } = run;
    const found = await models.fetch(place, { ...loadOptions(run), hub: hub ?? HUGGING_FACE, dtype });
    if (found.type === 'offer') run.finish({ type: 'offered', runId, offer: found.offer });
    else run.finish({ type: 'fetched', runId, place: found });
  }

  function loaded(): LoadedModel {
    if (!model) throw new UnmaskError('bad-input', 'No model is loaded. Load the model, then generate.');
    return model;
  }

  async function generate({ report }: Extract<PageMessage, { type: 'generate' }>, run: Run): Promise<void> {
    for await (const event of loaded().write(() => run.settings!, report, run.signal)) {
      if (run.over) return;
      const message = { ...event, runId: run.runId };
      if (message.type === 'done') run.finish(message);
      else run.send(message);
      await nextTask();
    }
  }

  async function race({ settings, report }: Extract<PageMessage, { type: 'race' }>, run: Run): Promise<void> {
    const { runId } = run;
    for await (const { racer, event } of loaded().race(settings, report, run.signal)) {
      if (run.over) return;
      run.send({ type: 'raced', runId, racer, event });
      await nextTask();
    }
    run.finish({ type: 'race-done', runId });
  }

  async function read({ request }: Extract<PageMessage, { type: 'read' }>, run: Run): Promise<void> {
    for await (const event of loaded().read(request, run.signal)) {
      if (run.over) return;
      const message = { ...event, runId: run.runId };
      if (message.type === 'read-done') run.finish(message);
      else run.send(message);
      await nextTask();
    }
  }

  async function inspect({ place }: Extract<PageMessage, { type: 'inspect' }>, run: Run): Promise<void> {
    const tokens = await loaded().alternatives(place, run.signal);
    run.finish({ type: 'alternatives', runId: run.runId, tokens });
  }

  /** Of a message that is answered at once, whatever else is at work. */
  function reply(runId: number, work: () => Promise<WorkerMessage>): void {
    work().then(
      (message) => port.postMessage(message),
      (error) => port.postMessage(failureOf(runId, error)),
    );
  }

  function answer(message: PageMessage): void {
    const { runId } = message;
    switch (message.type) {
      case 'load':
        withModel.begin(runId, (run) => load(message, run));
        break;
      case 'fetch-model':
        fetching.begin(runId, (run) => fetchModel(message, run));
        break;
      case 'list-models':
        reply(runId, async () => ({ type: 'models', runId, shelf: await models.list(message.embeddedUrl) }));
        break;
      case 'remove-model':
        reply(runId, async () => {
          await models.remove(message.id);
          return { type: 'removed', runId };
        });
        break;
      case 'generate':
        withModel.begin(runId, (run) => generate(message, run)).settings = message.settings;
        break;
      case 'change': {
        const run = withModel.find(runId);
        if (run) run.settings = message.settings;
        break;
      }
      case 'race':
        withModel.begin(runId, (run) => race(message, run));
        break;
      case 'read':
        withModel.begin(runId, (run) => read(message, run));
        break;
      case 'inspect':
        withModel.begin(runId, (run) => inspect(message, run));
        break;
      case 'tokenize':
        port.postMessage({ type: 'tokens', runId, tokens: loaded().tokenize(message.text) });
        break;
      case 'cancel':
        for (const queue of [withModel, fetching]) queue.find(runId)?.cancel();
        break;
      default:
        message satisfies never;
    }
  }

  port.addEventListener('message', ({ data }) => {
    try {
      answer(parsePageMessage(data));
    } catch (error) {
      port.postMessage(failureOf(runIdOf(data), error));
    }
  });

  return () => {
    fetching.begin(0, async () => {});
    withModel.begin(0, async () => {
      model?.dispose();
      model = undefined;
    });
  };
}

function loadOptions(run: Run): LoadOptions {
  const { runId, signal } = run;
  return {
    signal,
    onProgress: (loadedBytes, totalBytes, atWork) =>
      run.send({ type: 'progress', runId, loadedBytes, totalBytes, atWork }),
  };
}

/**
 * Lets waiting messages in. The wasm backend computes without ever leaving the microtask queue, so
 * without this a `cancel` would be read only when the text is done. A timer would wait 4 ms each time.
 */
const nextTask: () => Promise<void> =
  // Node alone has it. A MessageChannel would let Node read many messages before a signal such as Ctrl-C.
  typeof setImmediate === 'function' ? () => new Promise((resolve) => setImmediate(resolve)) : openTurns();

function openTurns(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  port1.start();
  return () =>
    new Promise((resolve) => {
      port1.addEventListener('message', () => resolve(), { once: true });
      port2.postMessage(null);
    });
}
