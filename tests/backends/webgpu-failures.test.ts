import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, DenoiseStep } from '../../src/backends/backend';
import { createWebgpuBackend, type WebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { nodeGpu } from '../../src/cli/node-gpu';
import { findAdapter, type Gpu, openDevice } from '../../src/gpu/device';
import type { ModelConfig } from '../../src/network/model-config';
import type { ModelSource } from '../../src/model/source/model-source';
import { testGpu } from '../gpu';
import { tinyModel } from './tiny-model';

const STEP: DenoiseStep = {
  ids: [97, 97, 97, 97],
  positions: [0, 1, 2, 3],
  sampling: { temperature: 1, topP: 0.9, seed: 0 },
  pass: 0,
};

async function openGpu(): Promise<Gpu> {
  return openDevice(await findAdapter(await nodeGpu()));
}

/** The tiny model with a config that says something else than its weights. */
async function disguised(change: Partial<ModelConfig>): Promise<ModelSource> {
  const source = await tinyModel('f32');
  return { ...source, config: { ...source.config, ...change } };
}

describe('disposal', () => {
  it('frees every buffer, twice is once, and use afterwards throws', async () => {
    const backend = await createWebgpuBackend(await tinyModel('f32'), await testGpu());
    backend.begin(4);
    await backend.logits([1, 2, 3, 4]);
    expect(backend.liveBuffers).toBeGreaterThan(0);
    backend.dispose();
    expect(backend.liveBuffers).toBe(0);
    backend.dispose();
    expect(() => backend.begin(4)).toThrow('already disposed');
    await expect(backend.prefill([1, 2, 3, 4])).rejects.toThrow('already disposed');
    await expect(backend.denoiseStep(STEP)).rejects.toThrow('already disposed');
    await expect(backend.commitBlock([1, 2, 3, 4])).rejects.toThrow('already disposed');
    await expect(backend.logits([1, 2, 3, 4])).rejects.toThrow('already disposed');
  });
});

describe('a lost device', () => {
  it('fails the pass in flight and every later call', async () => {
    const gpu = await openGpu();
    const backend = await createWebgpuBackend(await tinyModel('f32'), gpu);
    backend.begin(4);
    const inFlight = backend.denoiseStep(STEP);
    gpu.device.destroy();
    await expect(inFlight).rejects.toMatchObject({ code: 'device-lost', message: /Load the model again/ });
    await expect(backend.denoiseStep(STEP)).rejects.toMatchObject({ code: 'device-lost' });
    await expect(backend.commitBlock([1, 2, 3, 4])).rejects.toMatchObject({ code: 'device-lost' });
    expect(() => backend.begin(4)).toThrow('The GPU device is gone');
    backend.dispose();
  });
});

it('a request that the device refuses is not passed over', async () => {
  const gpu = await openGpu();
  const backend = await createWebgpuBackend(await tinyModel('f32'), gpu);
  backend.begin(4);
  const refused = new Promise((resolve) => gpu.device.addEventListener('uncapturederror', resolve));
  gpu.device.createBuffer({ size: 16, usage: 0 });
  await refused;
  await expect(backend.denoiseStep(STEP)).rejects.toMatchObject({ code: 'internal', message: /WebGPU refused/ });
  backend.dispose();
  gpu.device.destroy();
});

describe('input that makes no sense is refused', () => {
  let backend: WebgpuBackend;
  beforeAll(async () => {
    backend = await createWebgpuBackend(await tinyModel('f32'), await testGpu());
  });
  afterAll(() => backend.dispose());
  it.each([
    ['no whole block', (b: Backend) => b.prefill([1, 2, 3])],
    ['more than the ring', (b: Backend) => b.prefill(Array<number>(36).fill(1))],
    ['nothing', (b: Backend) => b.prefill([])],
    ['an id past the vocabulary', (b: Backend) => b.commitBlock([1, 2, 3, 98])],
    ['an id that is no whole number', (b: Backend) => b.commitBlock([1, 2, 3, 0.5])],
    ['two blocks to commit', (b: Backend) => b.commitBlock([1, 2, 3, 4, 5, 6, 7, 8])],
    ['a position past the block', (b: Backend) => b.denoiseStep({ ...STEP, positions: [4] })],
    ['a second prefill', (b: Backend) => b.prefill([1, 2, 3, 4]).then(() => b.prefill([1, 2, 3, 4]))],
    [
      'scoring of two blocks after others',
      (b: Backend) => b.commitBlock([1, 2, 3, 4]).then(() => b.logits(Array(8).fill(1))),
    ],
  ])('%s', async (_, call) => {
    backend.begin(4);
    await expect(call(backend)).rejects.toMatchObject({ code: 'bad-input' });
  });
  it.each([0, 33, 1.5])('a block size of %f', (blockSize) => {
    expect(() => backend.begin(blockSize)).toThrow('The block size must be');
  });
});
describe('weights that do not fit', () => {
  it.each([
    ['a layer too few', { layers: 4 }, 'The weights lack layers.3.norm1.weight'],
    ['a layer too many', { layers: 2 }, 'has layers.2.norm1.weight'],
    ['another width', { mlpSize: 128 }, 'layers.0.mlp.up.weight is float32 [256, 64] and should be float32 [128, 64]'],
  ])('%s', async (_, change, message) => {
    const creating = createWebgpuBackend(await disguised(change), await testGpu());
    await expect(creating).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining(message) });
  });
  it('another dtype', async () => {
    const source = await tinyModel('f32');
    const creating = createWebgpuBackend(
      { ...source, manifest: { ...source.manifest, dtype: 'f16' } },
      await testGpu(),
    );
    await expect(creating).rejects.toMatchObject({
      message: /embedding.weight is float32 \[98, 64\] and should be float16/,
    });
  });
  it('a matrix larger than the device binds', async () => {
    const gpu = await testGpu();
    const vocabSize = Math.ceil(gpu.device.limits.maxStorageBufferBindingSize / (64 * 4)) + 1;
    const creating = createWebgpuBackend(await disguised({ vocabSize }), gpu);
    await expect(creating).rejects.toMatchObject({ code: 'out-of-memory', message: /--dtype q8/ });
  });
  it('heads wider than the attention kernels take', async () => {
    const creating = createWebgpuBackend(await disguised({ hiddenSize: 260, heads: 2 }), await testGpu());
    await expect(creating).rejects.toMatchObject({
      code: 'bad-model',
      message: /heads have 130 features.*wasm backend/,
    });
  });
  it('two loads at once wait for each other', async () => {
    const source = await tinyModel('f32');
    const gpu = await testGpu();
    const backends = await Promise.all([createWebgpuBackend(source, gpu), createWebgpuBackend(source, gpu)]);
    for (const backend of backends) backend.dispose();
  });
  it('a graph that is no graph', async () => {
    const source = await tinyModel('f32');
    const read: ModelSource['read'] = async (path) =>
      path === 'weights.onnx' ? new Uint8Array([1, 2, 3]) : source.read(path);
    await expect(createWebgpuBackend({ ...source, read }, await testGpu())).rejects.toMatchObject({
      code: 'bad-model',
    });
  });
});

it('a cancelled load stops', async () => {
  const source = await tinyModel('f32');
  const abort = new AbortController();
  const read: ModelSource['read'] = async (path) => {
    abort.abort();
    return source.read(path);
  };
  await expect(createWebgpuBackend({ ...source, read }, await testGpu(), abort.signal)).rejects.toMatchObject({
    name: 'AbortError',
  });
});
