import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createWebgpuBackend, type WebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { findAdapter, type Gpu, openDevice } from '../../src/gpu/device';
import { nodeGpu } from '../../src/library/node-gpu';
import type { WeightDtype } from '../../src/model/format/packing';
import { tinyModel } from './tiny-model';

const gpu: Gpu = await openDevice(await findAdapter(await nodeGpu()));
const { maxBufferSize, maxStorageBufferBindingSize } = gpu.device.limits;
/** The most that an adapter says it would give for one buffer, which the driver itself refuses: both software ones do. */
const TOO_LARGE = maxBufferSize;

const createBuffer = gpu.device.createBuffer.bind(gpu.device);
const uncaptured: string[] = [];
gpu.device.addEventListener('uncapturederror', ({ error }) => uncaptured.push(error.message));

/** Names of the buffers that were made and not destroyed. */
let live: Set<string>;
/** Numbers of the buffers that are not mapped from the start. */
let plain: number[];
let created: number;

/** From now on counts buffers; that of this number, from 0, is one that the driver has no room for. */
function watch(refused = Number.POSITIVE_INFINITY): void {
  live = new Set();
  plain = [];
  created = 0;
  vi.spyOn(gpu.device, 'createBuffer').mockImplementation((descriptor) => {
    const number = created++;
    if (!descriptor.mappedAtCreation) plain.push(number);
    const buffer = number === refused ? refuse(descriptor) : createBuffer(descriptor);
    const name = `${number} ${descriptor.label}`;
    live.add(name);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      live.delete(name);
      return destroy();
    };
    return buffer;
  });
}

/** What a device gives where its driver has no room: a buffer that is of no use, and can be written to if it is mapped. */
function refuse(descriptor: GPUBufferDescriptor): GPUBuffer {
  const tooLarge = createBuffer({ ...descriptor, size: TOO_LARGE, mappedAtCreation: false });
  return descriptor.mappedAtCreation ? createBuffer(descriptor) : tooLarge;
}

afterEach(() => {
  vi.restoreAllMocks();
  expect(uncaptured.splice(0)).toEqual([]);
});

const open = async (dtype: WeightDtype = 'f32') => createWebgpuBackend(await tinyModel(dtype), gpu);

const NO_ROOM = { code: 'out-of-memory', message: expect.stringMatching(/has no room.*This model takes .* MB.*wasm/) };

it('at any buffer of a load ends it, says what would fit, and gives all back', async () => {
  // The first load compiles, for which it takes a buffer that later ones do not.
  (await open()).dispose();
  watch();
  const whole = await open();
  whole.begin(4);
  const expected = await whole.logits([1, 2, 3, 4]);
  const numbers = plain.filter((number) => number < created - 1);
  whole.dispose();
  expect([...live]).toEqual([]);
  expect(numbers.length).toBeGreaterThan(60);
  for (const refused of numbers) {
    watch(refused);
    await expect(open()).rejects.toMatchObject(NO_ROOM);
    expect([...live]).toEqual([]);
  }
  watch();
  const again = await open();
  again.begin(4);
  expect(await again.logits([1, 2, 3, 4])).toEqual(expected);
  again.dispose();
});

it('while the weights are uploaded ends the load too', async () => {
  watch();
  (await open()).dispose();
  const mapped = Array.from({ length: created }, (_, number) => number).filter((number) => !plain.includes(number));
  watch(mapped.at(-1));
  await expect(open()).rejects.toMatchObject(NO_ROOM);
  expect([...live]).toEqual([]);
});

describe('later', () => {
  const many = Array<number>(32 + 4).fill(3);

  async function refusingAt(refused: number, call: (backend: WebgpuBackend) => Promise<unknown>) {
    watch();
    const config = { ...(await tinyModel('f32')).config, contextLength: 40 };
    const backend = await createWebgpuBackend({ ...(await tinyModel('f32')), config }, gpu);
    onTestFinished(() => backend.dispose());
    backend.begin(4);
    const before = [...live];
    watch(refused);
    await expect(call(backend)).rejects.toMatchObject(NO_ROOM);
    expect([...live]).toEqual([]);
    expect(backend.liveBuffers).toBe(before.length);
    vi.restoreAllMocks();
    // There is room now.
    backend.begin(4);
    await call(backend);
  }

  it.each([0, 3, 6])('at buffer %i for many rows, a long prompt fails and a short one works', async (refused) => {
    await refusingAt(refused, (backend) => backend.prefill(many));
  });
  it('where logits are read', async () => {
    await refusingAt(0, (backend) => backend.logits([1, 2, 3, 4]));
  });
  it.each([0, 9, 20])('at buffer %i of a second sequence', async (refused) => {
    await refusingAt(refused, async (backend) => (await backend.fork()).dispose());
  });
});

it('before anything is allocated where a buffer is larger than the device binds, and says what would fit', async () => {
  const source = await tinyModel('f32');
  watch();
  const config = { ...source.config, contextLength: 2 ** 23 };
  await expect(createWebgpuBackend({ ...source, config }, gpu)).rejects.toMatchObject({
    code: 'out-of-memory',
    message:
      'layer0.attention.keys takes 2048 MiB in one piece, and this GPU binds at most ' +
      `${Math.min(maxBufferSize, maxStorageBufferBindingSize) / 2 ** 20}. This model takes 12886 MB: ` +
      '0.6 of weights as f32 and 12885 for a context of 8388608 tokens. It would take 12885 MB exported with --dtype ' +
      'q4, or 3222 MB with a context of 2097152 tokens. Close other pages that use the GPU, take less, or choose the ' +
      'wasm backend.',
  });
  expect([...live]).toEqual([]);
});
