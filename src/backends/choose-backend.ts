import { findAdapter, type Gpu, isSoftwareAdapter, openDevice } from '../gpu/device';
import type { ModelSource } from '../weights/model-source';
import type { Backend, BackendName } from './backend';

/**
 * Loads a model onto the backend that was asked for. `auto` is webgpu where there is a hardware adapter
 * and wasm otherwise, since a software adapter is slower than the CPU it runs on; `webgpu` takes a
 * software adapter too. `gpu` is `navigator.gpu`, or undefined where there is none.
 *
 * Throws `no-webgpu`, `bad-model`, `network`, `cancelled`, `out-of-memory` or `device-lost`.
 */
export async function createBackend(
  source: ModelSource,
  choice: BackendName | 'auto',
  gpu: GPU | undefined,
  signal?: AbortSignal,
): Promise<Backend> {
  switch (choice) {
    case 'wasm':
      return onWasm(source, signal);
    case 'webgpu':
      return onWebgpu(source, await deviceOf(gpu), signal);
    case 'auto': {
      const adapter = await findAdapter(gpu);
      if (!adapter || isSoftwareAdapter(adapter)) return onWasm(source, signal);
      return onWebgpu(source, await deviceOf(gpu), signal);
    }
    default:
      return choice satisfies never;
  }
}

/** Imported when chosen, so that nobody downloads the code of both. */
async function onWasm(source: ModelSource, signal?: AbortSignal): Promise<Backend> {
  const { createWasmBackend } = await import('./wasm/wasm-backend');
  return createWasmBackend(source, signal);
}

async function onWebgpu(source: ModelSource, gpu: Gpu, signal?: AbortSignal): Promise<Backend> {
  const { createWebgpuBackend } = await import('./webgpu/webgpu-backend');
  return createWebgpuBackend(source, gpu, signal);
}

const devices = new WeakMap<GPU, Promise<Gpu>>();

/** One device is kept for all models that are loaded after each other, with its compiled shaders, until it is lost. */
function deviceOf(gpu: GPU | undefined): Promise<Gpu> {
  const kept = gpu && devices.get(gpu);
  if (kept) return kept;
  const opening = findAdapter(gpu).then(openDevice);
  if (gpu) {
    const forget = () => devices.delete(gpu);
    devices.set(gpu, opening);
    opening.then(({ device }) => device.lost.then(forget), forget);
  }
  return opening;
}
