import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, DenoiseStep } from '../../src/backends/backend';
import { createWebgpuBackend, type WebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { findAdapter, type Gpu, openDevice } from '../../src/gpu/device';
import { nodeGpu } from '../../src/library/node-gpu';
import type { ModelSource } from '../../src/model/source/model-source';
import { parseModelConfig } from '../../src/network/families';
import { NO_FACTS } from '../engine/small-model';
import { testGpu } from '../gpu';
import { limited } from '../onnx/limited-device';
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

/** The tiny model with a config.json that says something else than its weights. */
async function disguised(change: Record<string, unknown>): Promise<ModelSource> {
  const source = await tinyModel('f32');
  const config: unknown = JSON.parse(new TextDecoder().decode(await source.read('config.json')));
  return { ...source, config: parseModelConfig({ ...(config as object), ...change }) };
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
    ['a layer too few', { n_blocks: 4 }, /layers\.3\.norm1\.weight/],
    ['a layer too many', { n_blocks: 2 }, /layers\.2\./],
    ['another width', { unmask: { ...NO_FACTS, mlpSize: 128 } }, /layers\.0\.mlp\.up/],
  ])('%s', async (_, change, message) => {
    const creating = createWebgpuBackend(await disguised(change), await testGpu());
    await expect(creating).rejects.toMatchObject({ code: 'bad-model', message: expect.stringMatching(message) });
  });
  it('another dtype', async () => {
    const source = await tinyModel('f32');
    const creating = createWebgpuBackend(
      { ...source, packing: { dtype: 'f16', embeddingDtype: 'f16' } },
      await testGpu(),
    );
    await expect(creating).rejects.toMatchObject({
      message: /embedding.weight is float32 \[98, 64\] and should be float16/,
    });
  });
  it('a matrix larger than the device binds', async () => {
    const gpu = await testGpu();
    const { device } = gpu;
    const source = await tinyModel('f32');
    const small = { ...gpu, device: limited(device, 4 * 64 * 64) };
    await expect(createWebgpuBackend(source, small)).rejects.toMatchObject({
      code: 'out-of-memory',
      message: /^layers\.0\.attention\.qkv\.weight is larger than this GPU binds/,
    });
  });
  it('heads wider than the attention kernels take', async () => {
    const creating = createWebgpuBackend(await disguised({ hidden_dim: 260, n_heads: 2 }), await testGpu());
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
  it('a weights file that is none', async () => {
    const source = await tinyModel('f32');
    const read: ModelSource['read'] = async (path) =>
      path === 'model.safetensors' ? new Uint8Array([1, 2, 3]) : source.read(path);
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
  await expect(
    createWebgpuBackend({ ...source, read }, await testGpu(), { signal: abort.signal }),
  ).rejects.toMatchObject({
    name: 'AbortError',
  });
});
