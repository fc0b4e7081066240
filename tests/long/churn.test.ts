import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { STREAM, uniform } from '../../src/backends/random';
import { openModelFolder } from '../../src/library/model-folder';
import type { BackendChoice, ModelPlace, PolicyName } from '../../src/library/models';
import { nodeGpu } from '../../src/library/node-gpu';
import type { GenerateSettings, GenerationEvent } from '../../src/library/texts';
import { type Client, createClient } from '../../src/worker/client';
import type { LoadedModel, Models } from '../../src/worker/loaded-model';
import { openModel } from '../../src/worker/open-model';
import type { PageMessage, WorkerMessage } from '../../src/worker/protocol';
import { serve } from '../../src/worker/serve';
import { writeCheckpoint } from '../export/random-checkpoint';
import { TemporaryFolders } from '../temporary-folders';

const ROUNDS = 200;
/** Until then caches fill: shaders, the runtime's memory, compiled JavaScript. */
const SETTLED = 60;

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

const VOCAB = 400;
const BLOCK_SIZES = [1, 4, 8];
const PLACE: ModelPlace = { type: 'embedded', url: 'http://localhost/model/' };

/** A small random model with a tokenizer, and what was opened of it last. */
async function smallModel(): Promise<{ models: Models; last: () => LoadedModel }> {
  const [checkpoint, folder] = [await folders.make(), join(await folders.make(), 'model')];
  await writeCheckpoint(checkpoint, { vocab_size: VOCAB, block_size: 8, block_sizes: BLOCK_SIZES });
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    await copyFile(`tests/fixtures/byte-bpe/${name}`, join(checkpoint, name));
  }
  await exportCheckpoint(checkpoint, folder, 'q8');
  let last: LoadedModel | undefined;
  const none = async () => {
    throw new Error('there is but one model');
  };
  const models: Models = {
    async open(_, backend, options) {
      const source = await openModelFolder(folder);
      last = await openModel(
        { source, origin: { type: 'embedded' }, keptId: null },
        { choice: backend, gpu: navigator.gpu },
        options,
      );
      return last;
    },
    fetch: none,
    list: none,
    remove: none,
  };
  return { models, last: () => last! };
}

/** Counts the buffers of all devices that are opened from now on. */
async function countBuffers(): Promise<{ live: number; created: number }> {
  const gpu = await nodeGpu();
  const count = { live: 0, created: 0 };
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await requestAdapter(options);
    const requestDevice = adapter?.requestDevice.bind(adapter);
    if (!adapter || !requestDevice) return adapter;
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor);
      const createBuffer = device.createBuffer.bind(device);
      device.createBuffer = (descriptor) => {
        const buffer = createBuffer(descriptor);
        count.created++;
        count.live++;
        const destroy = buffer.destroy.bind(buffer);
        let destroyed = false;
        buffer.destroy = () => {
          if (!destroyed) count.live--;
          destroyed = true;
          return destroy();
        };
        return buffer;
      };
      return device;
    };
    return adapter;
  };
  onTestFinished(() => {
    gpu.requestAdapter = requestAdapter;
  });
  return count;
}

/** Bytes in use once the garbage is gone: JavaScript's heap and what it refers to, and the process as a whole. */
async function memory(): Promise<{ heap: number; process: number }> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let times = 0; times < 3; times++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, process: rss };
}

const POLICIES: readonly PolicyName[] = ['first-hitting', 'ancestral', 'confidence', 'threshold', 'entropy'];

/** Whole numbers below `limit`, the same for a round every time. */
function numbersOf(round: number): (limit: number) => number {
  let count = 0;
  return (limit) => Math.floor(uniform(11, STREAM.order, round, count++) * limit);
}

function settingsOf(pick: (limit: number) => number): GenerateSettings {
  const blockSize = BLOCK_SIZES[pick(3)]!;
  return {
    prompt: 'the kite '.repeat(pick(3)),
    after: [],
    blockSize,
    maxTokens: 1 + pick(30),
    policy: POLICIES[pick(5)]!,
    steps: 1 + pick(blockSize),
    threshold: 0.1,
    entropyBound: 1,
    temperature: pick(3) / 2,
    topP: pick(2) === 0 ? 1 : 0.8,
    seed: pick(1000),
  };
}

const LAST: readonly WorkerMessage['type'][] = ['loaded', 'done', 'race-done', 'cancelled', 'error'];

/** A client on a real line. `late` is what came of a run after its last message, of which each has one. */
function openLine(models: Models): { client: Client; late: string[] } {
  const { port1: page, port2: worker } = new MessageChannel();
  const over = new Set<number>();
  const late: string[] = [];
  page.addEventListener('message', ({ data: { type, runId } }: MessageEvent<WorkerMessage>) => {
    if (over.has(runId)) late.push(`${type} of run ${runId}`);
    if (LAST.includes(type)) over.add(runId);
  });
  page.start();
  worker.start();
  serve(worker, models);
  const port = {
    postMessage: (message: PageMessage) => page.postMessage(message),
    addEventListener: page.addEventListener.bind(page),
    terminate: () => page.close(),
  };
  const events = { stopped: () => expect.unreachable(), deviceLost: () => expect.unreachable() };
  const client = createClient(() => port, events);
  return { client, late };
}

async function textOf(stream: AsyncIterable<GenerationEvent>, watching = (): void => {}): Promise<string> {
  let text = '';
  for await (const message of stream) {
    if (message.type === 'block') text += message.tokens.map((token) => token.text).join('');
    watching();
  }
  return text;
}

it(`${ROUNDS} rounds of load, generate, cancel and change leave nothing behind`, async () => {
  const count = await countBuffers();
  const { models, last } = await smallModel();
  const { client, late } = openLine(models);
  /** The first text of each backend that was written to its end. */
  const first = new Map<BackendChoice, { settings: GenerateSettings; text: string }>();
  let texts = 0;
  let cancels = 0;
  let settled = await memory();

  for (let round = 0; round < ROUNDS; round++) {
    const pick = numbersOf(round);
    const backend: BackendChoice = pick(4) === 0 ? 'wasm' : 'webgpu';
    const loading = client.load(PLACE, backend);
    if (pick(8) === 0) client.load(PLACE, backend).catch(() => {});
    await loading.catch(() => client.load(PLACE, backend));

    for (let turn = 0; turn < 2; turn++) {
      const abort = new AbortController();
      const settings = settingsOf(pick);
      const stopAt = pick(2) === 0 ? pick(12) : Number.POSITIVE_INFINITY;
      const changeAt = pick(4) === 0 ? pick(4) : Number.POSITIVE_INFINITY;
      let steps = 0;
      const watching = (): void => {
        if (steps === stopAt) abort.abort();
        if (steps === changeAt) client.change(settingsOf(pick));
        steps++;
      };
      try {
        if (pick(8) === 0) {
          for await (const _ of client.race([settings, settingsOf(pick)], abort.signal)) watching();
        } else {
          const text = await textOf(client.generate(settings, abort.signal), watching);
          if (changeAt >= steps && !first.has(backend)) first.set(backend, { settings, text });
        }
        texts++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'cancelled' });
        cancels++;
      }
    }
    if (round === SETTLED) settled = await memory();
  }
  const end = await memory();
  const half = await client.load(PLACE, 'wasm', { context: { share: 0.5 } });
  expect(half.contextLength).toBe(12);
  for (const [backend, { settings, text }] of first) {
    await client.load(PLACE, backend);
    expect(await textOf(client.generate(settings))).toBe(text);
  }
  client.dispose();
  last().dispose();
  expect(late).toEqual([]);
  expect(count.live).toBe(0);
  expect(first.size).toBe(2);
  expect(texts).toBeGreaterThan(ROUNDS / 2);
  expect(cancels).toBeGreaterThan(ROUNDS / 2);
  const growth = { heap: (end.heap - settled.heap) / 2 ** 20, process: (end.process - settled.process) / 2 ** 20 };
  process.stdout.write(
    `${ROUNDS} rounds: ${texts} texts, ${cancels} cancelled, ${count.created} buffers made and freed; from round ` +
      `${SETTLED} on the heap grew by ${growth.heap.toFixed(1)} MiB and the process by ${growth.process.toFixed(0)} MiB\n`,
  );
  // What V8 and the allocator keep for later comes to less; a leak of a buffer's size a round to more.
  expect(growth.heap).toBeLessThan(3);
  expect(growth.process).toBeLessThan(48);
}, 600_000);
