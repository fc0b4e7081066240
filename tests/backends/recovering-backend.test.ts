import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, RevealPolicy } from '../../src/backends/backend';
import { createBackend } from '../../src/backends/choose-backend';
import { RecoveringBackend } from '../../src/backends/recovering-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { generate } from '../../src/engine/generate';
import type { GenerationEvent, GenerationRequest } from '../../src/engine/generation';
import { findAdapter, type Gpu, openDevice } from '../../src/gpu/device';
import { nodeGpu } from '../../src/library/node-gpu';
import type { ModelSource } from '../../src/model/source/model-source';
import { tinyModel } from './tiny-model';

let source: ModelSource;
beforeAll(async () => {
  source = await tinyModel('f32');
});

/** Shared by all backends while it is there: compiling all shaders anew takes seconds. */
let gpu: Gpu | undefined;
async function presentGpu(): Promise<Gpu> {
  gpu ??= await openDevice(await findAdapter(await nodeGpu()));
  return gpu;
}

/** Takes the device away: what is under way fails, and so does all that comes after. */
function lose(): void {
  gpu?.device.destroy();
  gpu = undefined;
}

let losses: number;
const made: Backend[] = [];
afterEach(() => {
  for (const backend of made.splice(0)) backend.dispose();
});

async function openRecovering(model = source): Promise<Backend> {
  losses = 0;
  const open = async () => createWebgpuBackend(model, await presentGpu());
  const backend = new RecoveringBackend(await open(), { open, onLost: () => losses++ });
  made.push(backend);
  return backend;
}

const never = new AbortController().signal;
const REQUEST: GenerationRequest = {
  promptIds: [5, 17, 3, 88, 41, 9],
  blockSize: 4,
  maxTokens: 38,
  policy: { name: 'first-hitting' },
  sampling: { temperature: 1, topP: 0.9, seed: 7 },
};

/** All events of a text; the device is lost right after those of these numbers. */
async function eventsOf(backend: Backend, request: GenerationRequest, losing: readonly number[] = []) {
  const events: GenerationEvent[] = [];
  for await (const event of generate(backend, request, never)) {
    if (losing.includes(events.length)) lose();
    events.push(event);
  }
  return events;
}

/** Where the losses of a text are, as a share of its events: at the very start and end, and about where the ring is full. */
const CASES: readonly (readonly [policy: RevealPolicy, losses: readonly number[]])[] = [
  [{ name: 'first-hitting' }, [0]],
  [{ name: 'ancestral', steps: 3 }, [0.3]],
  [{ name: 'confidence', steps: 2 }, [0.85]],
  [{ name: 'threshold', threshold: 0.2 }, [0.55, 1]],
  [{ name: 'entropy', entropyBound: 1 }, [0.7]],
];

describe('a text is the same where the device was lost', () => {
  it.each(CASES)('%j at %j', async (policy, losing) => {
    const backend = await openRecovering();
    const request = { ...REQUEST, policy };
    const events = await eventsOf(backend, request);
    const at = losing.map((share) => Math.round(share * (events.length - 1)));
    expect(await eventsOf(backend, request, at)).toEqual(events);
    // A run is ahead of what it yields: late in the text nothing may be left to ask of the device.
    expect(losses).toBeLessThanOrEqual(losing.filter((share) => share < 1).length);
    if (losing[0]! < 0.5) expect(losses).toBe(1);
  });

  it('again while the cache is filled anew', async () => {
    const backend = await openRecovering();
    const events = await eventsOf(backend, REQUEST);
    const again: GenerationEvent[] = [];
    for await (const event of generate(backend, REQUEST, never)) {
      again.push(event);
      if (again.length !== 30) continue;
      lose();
      // The next device is lost as soon as it is there.
      const watch = setInterval(() => {
        if (!gpu) return;
        clearInterval(watch);
        lose();
      }, 1);
    }
    expect(again).toEqual(events);
    expect(losses).toBe(2);
  });

  it('and what was kept of the text before is lost with it', async () => {
    const backend = await openRecovering();
    const longer = { ...REQUEST, promptIds: [...REQUEST.promptIds, 4, 8, 2], maxTokens: 9 };
    const events = await eventsOf(backend, REQUEST);
    const afterwards = await eventsOf(backend, longer);
    const { device } = await presentGpu();
    lose();
    await device.lost;
    expect(await eventsOf(backend, REQUEST)).toEqual(events);
    expect(await eventsOf(backend, longer)).toEqual(afterwards);
  });

  it('with blocks beyond the loop on the GPU', async () => {
    const request: GenerationRequest = {
      ...REQUEST,
      promptIds: [5, 17],
      blockSize: 36,
      maxTokens: 40,
      policy: { name: 'confidence', steps: 4 },
    };
    const config = { ...source.config, contextLength: 40, blockSizes: [36], defaultBlockSize: 36 };
    const backend = await openRecovering({ ...source, config });
    const events = await eventsOf(backend, request);
    expect(await eventsOf(backend, request, [3])).toEqual(events);
  });
});

it('each call is made again where the device was lost before or within it', async () => {
  const backend = await openRecovering();
  const step = { ids: [97, 97, 97, 97], positions: [0, 3], sampling: REQUEST.sampling, pass: 2 };
  const results: unknown[] = [];
  for (const when of ['never', 'before', 'within'] as const) {
    backend.begin(4);
    await backend.prefill([9, 8, 7, 6, 5, 4, 3, 2]);
    if (when === 'before') lose();
    await backend.commitBlock([1, 2, 3, 4]);
    const drawing = backend.denoiseStep(step);
    if (when === 'within') lose();
    results.push([await drawing, await backend.logits([97, 2, 97, 4])]);
  }
  expect(losses).toBe(2);
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

it('two sequences over one model both go on', async () => {
  const second = { ...REQUEST, sampling: { ...REQUEST.sampling, seed: 3 }, maxTokens: 10 };
  const root = await openRecovering();
  const events = [await eventsOf(root, REQUEST), await eventsOf(root, second)];
  const fork = await root.fork();
  made.unshift(fork);
  const running = [generate(root, REQUEST, never), generate(fork, second, never)];
  const told: GenerationEvent[][] = [[], []];
  for (let turn = 0; running.some(Boolean) && turn < 200; turn++) {
    // The fork is the first to notice.
    if (turn === 7) lose();
    const { done, value } = await running[turn % 2]!.next();
    if (!done) told[turn % 2]!.push(value);
  }
  expect(told).toEqual(events);
  expect(losses).toBe(1);
});

it('the third loss within a minute is told, and what comes after it tries again', async () => {
  const backend = await openRecovering();
  const events = await eventsOf(backend, REQUEST);
  const writing = async () => {
    // Each device is lost as soon as something has come of it.
    for await (const _ of generate(backend, REQUEST, never)) lose();
  };
  await expect(writing()).rejects.toMatchObject({ code: 'device-lost', message: /3 times within a minute.*wasm/ });
  expect(losses).toBe(2);
  expect(await eventsOf(backend, REQUEST)).toEqual(events);
});

it('without a GPU to go back to the loss is told, and a later call finds one', async () => {
  let opened: GPUDevice | undefined;
  let present = true;
  const { requestAdapter } = await nodeGpu();
  const unplugged = {
    async requestAdapter() {
      if (!present) return null;
      const adapter = (await requestAdapter.call(await nodeGpu()))!;
      const requestDevice = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        opened = await requestDevice(descriptor);
        return opened;
      };
      return adapter;
    },
  } as unknown as GPU;
  const backend = await createBackend(source, 'webgpu', unplugged);
  made.push(backend);
  backend.begin(4);
  const logits = await backend.logits([1, 2, 3, 4]);
  present = false;
  opened!.destroy();
  await expect(backend.logits([1, 2, 3, 4])).rejects.toMatchObject({ code: 'no-webgpu', message: /was lost.*wasm/ });
  present = true;
  expect(await backend.logits([1, 2, 3, 4])).toEqual(logits);
});

it('other errors are no losses, and nothing comes back after disposal', async () => {
  const backend = await openRecovering();
  backend.begin(4);
  await expect(backend.commitBlock([1, 2, 3])).rejects.toMatchObject({ code: 'bad-input' });
  const inFlight = backend.logits([1, 2, 3, 4]);
  lose();
  backend.dispose();
  await expect(inFlight).rejects.toThrow();
  await expect(backend.logits([1, 2, 3, 4])).rejects.toThrow('already disposed');
});
