import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BlockStep, BlocksRequest, RevealPolicy } from '../../src/backends/backend';
import { writeBlocksByVerbs } from '../../src/backends/block-loop';
import { IN_FLIGHT } from '../../src/backends/webgpu/denoise-loop';
import { createWebgpuBackend, type SubmissionOf, type WebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { findAdapter, openDevice } from '../../src/gpu/device';
import { nodeGpu } from '../../src/library/node-gpu';
import { DEFAULT_DECODING, type ModelConfig } from '../../src/network/model-config';
import { testGpu } from '../gpu';
import { largestDifference } from './difference';
import { tinyModel } from './tiny-model';

const MASK = 97;
const opened: WebgpuBackend[] = [];
afterEach(() => {
  for (const backend of opened.splice(0)) backend.dispose();
  vi.restoreAllMocks();
});

async function open(change: Partial<ModelConfig> = {}, submissionOf: SubmissionOf = 'frame'): Promise<WebgpuBackend> {
  const source = await tinyModel('f32');
  const config = { ...source.config, ...change };
  const backend = await createWebgpuBackend({ ...source, config }, await testGpu(), { submissionOf });
  opened.push(backend);
  return backend;
}

function request(
  blockSize: number,
  blocks: number,
  policy: RevealPolicy,
  given: readonly number[] = [],
): BlocksRequest {
  const first = [...given, ...Array<number>(blockSize - given.length).fill(MASK)];
  return { first, blocks, policy, sampling: { temperature: 1.5, topP: 0.95, seed: 9 }, nfe: 0 };
}

const signal = new AbortController().signal;

async function stepsOf(run: AsyncGenerator<BlockStep>): Promise<BlockStep[]> {
  const steps: BlockStep[] = [];
  for await (const step of run) steps.push(step);
  return steps;
}

/** The same choices in the same passes, and probabilities but for the order of sums. */
function expectSameSteps(actual: readonly BlockStep[], expected: readonly BlockStep[]): void {
  const choices = (steps: readonly BlockStep[]) =>
    steps.map(({ reveal, nfe }) => ({ nfe, reveal: reveal.map(({ position, id }) => [position, id]) }));
  expect(choices(actual)).toEqual(choices(expected));
  const numbers = (steps: readonly BlockStep[]) =>
    steps.flatMap(({ reveal }) => reveal.flatMap(({ probability, entropy }) => [probability, entropy]));
  expect(largestDifference(numbers(actual), numbers(expected))).toBeLessThan(1e-4);
}

const POLICIES: readonly RevealPolicy[] = [
  { name: 'first-hitting' },
  { name: 'ancestral', steps: 3 },
  { name: 'confidence', steps: 2 },
  { name: 'threshold', threshold: 0.2 },
  { name: 'entropy', entropyBound: 1 },
];

/** Rings of one, two and several blocks, and clean passes that take the next block along or cannot. */
const RINGS: readonly { readonly contextLength: number; readonly blockSize: number }[] = [
  { contextLength: 8, blockSize: 8 },
  { contextLength: 32, blockSize: 16 },
  { contextLength: 11, blockSize: 3 },
  { contextLength: 6, blockSize: 1 },
];

/** Each policy in two rings, each ring with two policies or more: another policy changes nothing of a ring. */
const RUNS = POLICIES.map(
  (policy, index) => [policy.name, policy, index % 2 === 0 ? RINGS.slice(0, 2) : RINGS.slice(2)] as const,
);

describe.each(RUNS)('a run by %s', (_, policy, rings) => {
  it.each(rings)(
    'is what the verbs would write: blocks of $blockSize in $contextLength',
    async ({ contextLength, blockSize }) => {
      const blocks = { 1: 10, 3: 6 }[blockSize] ?? 3;
      const wanted = request(blockSize, blocks, policy, blockSize > 2 ? [4, 5] : []);
      const byVerbs = await open({ contextLength });
      byVerbs.begin(blockSize);
      const expected = await stepsOf(writeBlocksByVerbs(byVerbs, wanted, signal));
      for (const submissionOf of ['frame', 'block'] as const) {
        const backend = await open({ contextLength }, submissionOf);
        backend.begin(blockSize);
        expectSameSteps(await stepsOf(backend.writeBlocks(wanted, signal)), expected);
        expect(backend.position).toBe((blocks - 1) * blockSize);
      }
    },
  );
});

it.each(POLICIES)('a run by $name counts for the presence penalty what the verbs would', async (policy) => {
  const prompt = [1, 2, 3, 4, 5, 6, 7, 8];
  const wanted = request(4, 5, policy, [9]);
  const runOf = async (presencePenalty: number, write: (backend: WebgpuBackend) => AsyncGenerator<BlockStep>) => {
    const backend = await open({ decoding: { ...DEFAULT_DECODING, presencePenalty } });
    backend.begin(4, [], 6);
    await backend.prefill(prompt);
    return stepsOf(write(backend));
  };
  const onGpu = (backend: WebgpuBackend) => backend.writeBlocks(wanted, signal);
  const told = await runOf(1.5, onGpu);
  expectSameSteps(told, await runOf(1.5, (backend) => writeBlocksByVerbs(backend, wanted, signal)));
  expect(told).not.toEqual(await runOf(0, onGpu));
});

it('a run goes on after a prompt, and ends with a block that has EOS', async () => {
  const prompt = [1, 2, 3, 4, 5, 6, 7, 8];
  const wanted = request(4, 12, { name: 'confidence', steps: 2 }, [9]);
  const byVerbs = await open();
  byVerbs.begin(4);
  await byVerbs.prefill(prompt);
  const all = await stepsOf(writeBlocksByVerbs(byVerbs, wanted, signal));
  const eosId = all[9]!.reveal[1]!.id;

  const backend = await open({ stopIds: [eosId] });
  backend.begin(4);
  await backend.prefill(prompt);
  const told = await stepsOf(backend.writeBlocks(wanted, signal));
  expect(told.length).toBeLessThanOrEqual(10);
  expect(told.length % 2).toBe(0);
  expect(told.slice(-2).some(({ reveal }) => reveal.some(({ id }) => id === eosId))).toBe(true);
  expectSameSteps(told, all.slice(0, told.length));
});

describe('what a block costs', () => {
  it('one submission, nothing waited for within it, 12 bytes a token and pass', async () => {
    const { device } = await testGpu();
    const [blockSize, steps, blocks] = [8, 4, 3];
    const backend = await open({ contextLength: 32 }, 'block');
    backend.begin(blockSize);
    const wanted = request(blockSize, blocks, { name: 'confidence', steps });
    const submit = vi.spyOn(device.queue, 'submit');
    const maps = countMaps();
    const run = backend.writeBlocks(wanted, signal);
    await run.next();
    // The first block came back, and the two after it are submitted.
    expect(maps.bytes).toHaveLength(3);
    for (let step = 1; step < steps; step++) await run.next();
    expect(maps.bytes).toHaveLength(3);
    expect((await stepsOf(run)).length).toBe((blocks - 1) * steps);
    expect(submit.mock.calls.length).toBeLessThanOrEqual(blocks + IN_FLIGHT - 1);
    expect(maps.bytes.every((bytes) => bytes === blockSize * steps * 12)).toBe(true);
  });
});

/** Lets `mapAsync` do what it does, and notes how many bytes were asked for, and how many requests were answered. */
function countMaps(): { readonly bytes: number[]; read(): number } {
  const bytes: number[] = [];
  let read = 0;
  const { mapAsync } = GPUBuffer.prototype;
  vi.spyOn(GPUBuffer.prototype, 'mapAsync').mockImplementation(function (this: GPUBuffer, mode, offset, size) {
    bytes.push(size ?? this.size);
    return mapAsync.call(this, mode, offset, size).finally(() => read++);
  });
  return { bytes, read: () => read };
}

describe('a cancel', () => {
  it('submits nothing more, and ends with the submissions in flight', async () => {
    const { device } = await testGpu();
    const backend = await open({ contextLength: 32 });
    backend.begin(4);
    const abort = new AbortController();
    const maps = countMaps();
    const run = backend.writeBlocks(request(4, 100, { name: 'first-hitting' }), abort.signal);
    for (let step = 0; step < 6; step++) await run.next();
    abort.abort();
    const submit = vi.spyOn(device.queue, 'submit');
    expect(maps.bytes.length - maps.read()).toBeLessThanOrEqual(IN_FLIGHT);
    await stepsOf(run);
    expect(submit).not.toHaveBeenCalled();
    expect(maps.read()).toBe(maps.bytes.length);
  });

  it('or a reader who leaves, keeps nothing from the next text', async () => {
    const backend = await open({ contextLength: 32 });
    const wanted = request(4, 6, { name: 'threshold', threshold: 0.2 });
    const write = () => {
      backend.begin(4);
      return backend.writeBlocks(wanted, signal);
    };
    const expected = await stepsOf(write());
    for await (const _ of write()) break;
    expect(await stepsOf(write())).toEqual(expected);
  });
});

describe('what goes wrong in a run', () => {
  it('a first block without a mask, and no blocks, are refused', async () => {
    const backend = await open();
    backend.begin(4);
    const wanted = request(4, 1, { name: 'first-hitting' });
    expect(() => backend.writeBlocks({ ...wanted, first: [1, 2, 3, 4] }, signal)).toThrow('has no mask');
    expect(() => backend.writeBlocks({ ...wanted, blocks: 0 }, signal)).toThrow('0 is no number of blocks');
    expect(() => backend.writeBlocks({ ...wanted, first: [MASK] }, signal)).toThrow('1 ids are not whole blocks');
  });

  it('a device that is lost ends it', async () => {
    const gpu = await openDevice(await findAdapter(await nodeGpu()));
    const backend = await createWebgpuBackend(await tinyModel('f32'), gpu);
    opened.push(backend);
    backend.begin(4);
    const run = backend.writeBlocks(request(4, 100, { name: 'first-hitting' }), signal);
    await run.next();
    gpu.device.destroy();
    await expect(stepsOf(run)).rejects.toMatchObject({ code: 'device-lost', message: /Load the model again/ });
  });
});
