import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend';
import { createBackend } from '../../src/backends/choose-backend';
import { describeError } from '../../src/errors';
import { findAdapter, isSoftwareAdapter } from '../../src/gpu/device';
import { nodeGpu } from '../../src/library/node-gpu';
import type { ModelSource } from '../../src/model/source/model-source';
import { tinyModel } from './tiny-model';

let source: ModelSource;
let gpu: GPU;
beforeAll(async () => {
  source = await tinyModel('f32');
  gpu = await nodeGpu();
});

const made: Backend[] = [];
afterEach(() => {
  for (const backend of made.splice(0)) backend.dispose();
});
async function create(...[choice, at, signal]: [choice: 'auto' | 'webgpu' | 'wasm', at?: GPU, signal?: AbortSignal]) {
  const backend = await createBackend(source, choice, at, { signal });
  made.push(backend);
  return backend;
}

describe('auto', () => {
  it('is wasm where there is no WebGPU', async () => {
    expect((await create('auto')).name).toBe('wasm');
  });
  it('is webgpu on hardware only', async () => {
    const adapter = await findAdapter(gpu);
    expect((await create('auto', gpu)).name).toBe(isSoftwareAdapter(adapter!) ? 'wasm' : 'webgpu');
  });
});

describe('a forced backend', () => {
  it('wasm, though there is WebGPU', async () => {
    expect((await create('wasm', gpu)).name).toBe('wasm');
  });
  it('webgpu, though its adapter may be software', async () => {
    expect((await create('webgpu', gpu)).name).toBe('webgpu');
  });
  it('webgpu fails where there is none', async () => {
    await expect(create('webgpu')).rejects.toMatchObject({ code: 'no-webgpu', message: /Choose the wasm backend/ });
  });
});

it('models after each other get the same device, until it is lost', async () => {
  const devices: GPUDevice[] = [];
  const watched = {
    async requestAdapter() {
      const adapter = (await gpu.requestAdapter())!;
      const requestDevice = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await requestDevice(descriptor);
        devices.push(device);
        return device;
      };
      return adapter;
    },
  } as unknown as GPU;
  (await create('webgpu', watched)).dispose();
  await create('webgpu', watched);
  expect(devices).toHaveLength(1);
  devices[0]!.destroy();
  await devices[0]!.lost;
  await create('webgpu', watched);
  expect(devices).toHaveLength(2);
});

it.each(['webgpu', 'wasm'] as const)('a load of %s can be cancelled', async (choice) => {
  const error = await create(choice, gpu, AbortSignal.abort()).catch((thrown: unknown) => thrown);
  expect(describeError(error).code).toBe('cancelled');
});
