import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { UnmaskError } from '../../src/errors';
import { createClient } from '../../src/worker/client';
import type { WorkerPort } from '../../src/worker/worker-events';
import { NO_EVENTS, openClient, settle } from './line';
import { Gate, INFO, ScriptedModel, SETTINGS } from './scripted-model';

const PLACE = { type: 'embedded', url: 'http://x/m/' } as const;

async function loaded(model = new ScriptedModel()) {
  const stopped: UnmaskError[] = [];
  const line = openClient(model, { stopped: (error) => stopped.push(error) });
  await line.client.load(PLACE, 'auto');
  return { model, stopped, ...line };
}

/** Answers a load, begins a generation, and is gone. */
const EXITING_WORKER = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ type, runId }) => {
    if (type === 'load') parentPort.postMessage({ type: 'loaded', runId, model: {} });
    if (type !== 'generate') return;
    parentPort.postMessage({ type: 'started', runId, promptTokens: 1, pinned: [] });
    setTimeout(() => process.exit(1), 20);
  });
`;

/** A thread as the page's end of a line. */
function threadPort(thread: Worker): WorkerPort {
  const events = new EventTarget();
  thread.on('message', (data) => events.dispatchEvent(new MessageEvent('message', { data })));
  thread.on('exit', () => events.dispatchEvent(new Event('error')));
  return {
    postMessage: (message) => thread.postMessage(message),
    addEventListener: (type: string, listener: (event: never) => void) =>
      events.addEventListener(type, listener as EventListener),
    terminate: () => void thread.terminate(),
  };
}

test('load resolves with the model and passes bytes and pipelines on', async () => {
  const progress: [number, number][] = [];
  const compiled: [number, number][] = [];
  const { client } = openClient(new ScriptedModel());
  const info = await client.load(PLACE, 'auto', {
    onProgress: (loaded, total) => progress.push([loaded, total]),
    onCompiled: (done, total) => compiled.push([done, total]),
  });
  expect(info).toEqual(INFO);
  expect(progress).toEqual([[5, 10]]);
  expect(compiled).toEqual([[1, 3]]);
});

test('generate yields everything up to done', async () => {
  const { client } = await loaded();
  const types: string[] = [];
  for await (const { type } of client.generate(SETTINGS)) types.push(type);
  expect(types).toEqual(['started', 'step', 'step', 'step', 'step', 'done']);
});

test('an abort ends the loop at once with cancelled, though the pass goes on', async () => {
  const { client, model } = await loaded();
  const gate = new Gate();
  model.pass = gate.opened;
  const controller = new AbortController();
  const stream = client.generate(SETTINGS, controller.signal);
  expect((await stream.next()).value?.type).toBe('started');
  const waiting = stream.next();
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  gate.open();
});

test('leaving the loop stops the worker, even while a next is pending', async () => {
  const { client, model } = await loaded();
  const gate = new Gate();
  model.pass = gate.opened;
  const stream = client.generate(SETTINGS);
  await stream.next();
  const waiting = stream.next();
  await stream.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  await settle();
  gate.open();
  await settle();
  expect(model.log).not.toContain('end');
});

test('the newest generation wins and the runs do not mix', async () => {
  const { client } = await loaded();
  const first = client.generate(SETTINGS);
  const second = client.generate({ ...SETTINGS, maxTokens: 2 });
  const readFirst = async () => {
    for await (const { type } of first) expect(type).not.toBe('done');
  };
  await expect(readFirst()).rejects.toMatchObject({ code: 'cancelled' });
  const ids: number[] = [];
  for await (const message of second) if (message.type === 'step') ids.push(message.block);
  expect(ids).toEqual([0, 1]);
});

test('messages of an unknown run are ignored', async () => {
  const { client, page } = await loaded();
  const stream = client.generate(SETTINGS);
  page().dispatchEvent(
    new MessageEvent('message', { data: { type: 'done', runId: 41, reason: 'eos', nfe: 0, seconds: 0 } }),
  );
  expect((await stream.next()).value?.type).toBe('started');
  await stream.return();
});

test("the worker's error is thrown with its code after what came before it", async () => {
  const { client, model } = await loaded();
  model.failure = new UnmaskError('out-of-memory', 'Choose a smaller model.');
  const stream = client.generate(SETTINGS);
  const types: string[] = [];
  const read = async () => {
    for await (const { type } of stream) types.push(type);
  };
  await expect(read()).rejects.toMatchObject({ code: 'out-of-memory', message: 'Choose a smaller model.' });
  expect(types).toEqual(['started', 'step']);
});

test('an aborted load rejects at once and the model it still gets is freed', async () => {
  const model = new ScriptedModel();
  const gate = new Gate();
  model.loading = gate.opened;
  const { client } = openClient(model);
  const controller = new AbortController();
  const loading = client.load(PLACE, 'auto', { signal: controller.signal });
  await settle();
  controller.abort();
  await expect(loading).rejects.toMatchObject({ code: 'cancelled' });
  await settle();
  gate.open();
  await settle();
  expect(model.log).toEqual(['open', 'dispose']);
});

test.each(['error', 'messageerror'])(
  'a worker that ends with "%s" fails what is under way and what needs its model; a load starts another',
  async (kind) => {
    const { client, page, started, ended, stopped } = await loaded();
    const stream = client.generate(SETTINGS);
    page().dispatchEvent(new Event(kind));
    await expect(stream.next()).rejects.toMatchObject({ code: 'internal' });
    await expect(client.tokenize('a')).rejects.toMatchObject({ code: 'internal' });
    await expect(client.generate(SETTINGS).next()).rejects.toMatchObject({ code: 'internal' });
    expect([started(), ended(), stopped]).toMatchObject([1, 1, [{ code: 'internal' }]]);
    expect(await client.load(PLACE, 'auto')).toEqual(INFO);
    expect(started()).toBe(2);
    const types: string[] = [];
    for await (const { type } of client.generate(SETTINGS)) types.push(type);
    expect(types.at(-1)).toBe('done');
  },
);

test('what a worker still says after it was given up reaches nobody', async () => {
  const { client, model, page } = await loaded();
  const dead = page();
  const gate = new Gate();
  model.pass = gate.opened;
  const stream = client.generate(SETTINGS);
  await stream.next();
  dead.dispatchEvent(new Event('error'));
  await expect(stream.next()).rejects.toMatchObject({ code: 'internal' });
  await client.load(PLACE, 'auto');
  const next = client.generate(SETTINGS);
  expect((await next.next()).value?.type).toBe('started');
  for (const runId of [2, 4]) {
    const data = { type: 'done', runId, reason: 'eos', nfe: 0, seconds: 0 };
    dead.dispatchEvent(new MessageEvent('message', { data }));
  }
  dead.dispatchEvent(new Event('error'));
  gate.open();
  const types: string[] = [];
  for await (const { type } of next) types.push(type);
  expect(types).toEqual(['step', 'step', 'step', 'step', 'done']);
});

test('a real worker that exits in the middle of a run is replaced by the next load', async () => {
  const threads: Worker[] = [];
  const client = createClient(() => {
    const thread = new Worker(EXITING_WORKER, { eval: true });
    threads.push(thread);
    return threadPort(thread);
  }, NO_EVENTS);
  for (const nth of [1, 2]) {
    await client.load(PLACE, 'auto');
    const stream = client.generate(SETTINGS);
    expect((await stream.next()).value?.type).toBe('started');
    await expect(stream.next()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('stopped'),
    });
    expect(threads).toHaveLength(nth);
  }
  client.dispose();
});

test('a worker whose script does not come is not said to have stopped', async () => {
  const events = new EventTarget();
  const port: WorkerPort = {
    postMessage: () => setTimeout(() => events.dispatchEvent(new Event('error'))),
    addEventListener: (type: string, listener: (event: never) => void) =>
      events.addEventListener(type, listener as EventListener),
    terminate: () => {},
  };
  await expect(createClient(() => port).load(PLACE, 'auto')).rejects.toMatchObject({
    code: 'network',
    message: expect.stringMatching(/script .* could not be fetched/),
  });
});

test('a model is fetched while a text is written, and that can be called off', async () => {
  const { client, model } = await loaded();
  const [pass, fetching] = [new Gate(), new Gate()];
  model.pass = pass.opened;
  model.fetching = fetching.opened;
  const stream = client.generate(SETTINGS);
  await stream.next();
  const told: number[] = [];
  const called = new AbortController();
  const url = { type: 'url', url: 'http://y/' } as const;
  const cancelled = client.fetchModel(url, { signal: called.signal });
  await settle();
  called.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  const fetched = client.fetchModel(url, { onProgress: (loaded) => told.push(loaded) });
  await settle();
  expect(told).toEqual([]);
  fetching.open();
  expect(await fetched).toMatchObject({ type: 'kept' });
  expect(told).toEqual([1]);
  expect((await client.listModels('http://x/m/')).kept).toHaveLength(1);
  await client.removeModel(model.kept[0]!.id);
  expect((await client.listModels('http://x/m/')).kept).toEqual([]);
  pass.open();
  const types: string[] = [];
  for await (const { type } of stream) types.push(type);
  expect(types.at(-1)).toBe('done');
});

test('dispose ends the worker and cancels what is under way', async () => {
  const { client, ended } = await loaded();
  const stream = client.generate(SETTINGS);
  client.dispose();
  client.dispose();
  await expect(stream.next()).rejects.toMatchObject({ code: 'cancelled' });
  await expect(client.generate(SETTINGS).next()).rejects.toMatchObject({ code: 'cancelled' });
  expect(ended()).toBe(1);
});

test('a race tells of each racer until it is done', async () => {
  const { client } = await loaded();
  const told: string[] = [];
  for await (const message of client.race([SETTINGS, { ...SETTINGS, maxTokens: 1 }])) {
    told.push(message.type === 'raced' ? `${message.racer} ${message.event.type}` : message.type);
  }
  expect(told.filter((one) => one.startsWith('0'))).toHaveLength(6);
  expect(told.filter((one) => one.startsWith('1'))).toEqual(['1 started', '1 step', '1 done']);
  expect(told.at(-1)).toBe('race-done');
});

test('guesses come with the steps of a run that asks for them', async () => {
  const { client } = await loaded();
  const guessesOf = async (...asked: Parameters<typeof client.generate>) => {
    const all: unknown[] = [];
    for await (const message of client.generate(...asked)) if (message.type === 'step') all.push(message.guesses);
    return all;
  };
  expect(await guessesOf({ ...SETTINGS, maxTokens: 1 }, undefined, 'guesses')).toMatchObject([[{ position: 1 }]]);
  expect(await guessesOf({ ...SETTINGS, maxTokens: 1 })).toEqual([undefined]);
});

const READ = { before: '', text: 'abc', draws: 2, seed: 0, schedules: [{ from: 0, to: 1 }] };

test('reading tells what it finds until it is done, and another run takes its place', async () => {
  const { client } = await loaded();
  const told: string[] = [];
  for await (const message of client.read(READ)) told.push(message.type);
  expect(told).toEqual(['read-started', 'read-tokens', 'read-tokens', 'read-tokens', 'read-done']);
  const reading = client.read(READ);
  const writing = client.generate({ ...SETTINGS, maxTokens: 1 });
  const toItsEnd = async () => {
    for await (const _ of reading) {
    }
  };
  await expect(toItsEnd()).rejects.toMatchObject({ code: 'cancelled' });
  expect((await writing.next()).value).toMatchObject({ type: 'started' });
  await expect(client.read(READ, AbortSignal.abort()).next()).rejects.toMatchObject({ code: 'cancelled' });
});

test('alternatives and tokens are answers of their own', async () => {
  const { client } = await loaded();
  const place = { prompt: '', after: [], draft: [null, null], offset: 1 };
  expect(await client.inspect(place)).toEqual([{ id: 1, text: '1', probability: 1 }]);
  expect(await client.tokenize('ab')).toEqual([
    { id: 0, text: 'a' },
    { id: 1, text: 'b' },
  ]);
  await expect(client.inspect(place, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
});

test('asking for tokens leaves a generation alone, asking for alternatives takes its place', async () => {
  const { client, model } = await loaded();
  const gate = new Gate();
  model.pass = gate.opened;
  const stream = client.generate(SETTINGS);
  await stream.next();
  await client.tokenize('ab');
  const waiting = stream.next();
  const asked = client.inspect({ prompt: '', after: [], draft: [null], offset: 0 });
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  gate.open();
  expect(await asked).toHaveLength(1);
});
