import { UnmaskError } from '../errors';
import { findAdapter, type Gpu, isSoftwareAdapter, openDevice } from '../gpu/device';
import type { CompileProgress } from '../gpu/kernel';
import type { ModelSource } from '../model/source/model-source';
import { gpuRuntime, gpuRuntimeFile } from '../onnx/gpu-runtime';
import { isNode, type OnProgress, RUNTIME_FILES } from '../onnx/runtime-file';
import type { Backend, BackendName } from './backend';
import { RecoveringBackend } from './recovering-backend';

/**
 * The backend that a choice means here. `auto` is webgpu where there is a hardware adapter and wasm otherwise, since a
 * software adapter is slower than the CPU it runs on; `webgpu` takes a software adapter too. `gpu` is `navigator.gpu`,
 * or undefined where there is none.
 */
export async function backendFor(choice: BackendName | 'auto', gpu: GPU | undefined): Promise<BackendName> {
  if (choice !== 'auto') return choice;
  const adapter = await findAdapter(gpu);
  return adapter && !isSoftwareAdapter(adapter) ? 'webgpu' : 'wasm';
}

/**
 * Has the code that a backend takes come and start, while a model is fetched. `onProgress` is told of its .wasm file, in
 * bytes of the line: once its host has answered, and with every piece; in Node, which fetches none, of nothing. What
 * fails is thrown when the backend opens.
 */
export function startRuntime(backend: BackendName, onProgress: OnProgress): void {
  const starting = backend === 'wasm' ? startOnWasm() : Promise.all([gpuRuntime(), import('./webgpu/webgpu-backend')]);
  starting.catch(() => {});
  if (isNode()) onProgress(0, 0);
  else (backend === 'wasm' ? RUNTIME_FILES.cpu : gpuRuntimeFile()).follow(onProgress);
}

async function startOnWasm(): Promise<void> {
  const { startWasm } = await import('./wasm/wasm-backend');
  await startWasm();
}

export interface BackendOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told when the GPU goes away. */
  readonly onLost?: (() => void) | undefined;
  /** Told how many of a GPU's pipelines are compiled, while the load waits for them. */
  readonly onCompiled?: CompileProgress | undefined;
}

/**
 * Loads a model onto the backend that was asked for; see `backendFor`. On a GPU the backend outlives its device.
 *
 * Throws `no-webgpu`, `bad-model`, `network`, `cancelled`, `out-of-memory` or `device-lost`.
 */
export async function createBackend(
  source: ModelSource,
  choice: BackendName | 'auto',
  gpu: GPU | undefined,
  options: BackendOptions = {},
): Promise<Backend> {
  const backend = await backendFor(choice, gpu);
  return backend === 'wasm' ? onWasm(source, options.signal) : onWebgpu(source, gpu, options);
}

/** Imported when chosen, so that nobody downloads the code of both. */
async function onWasm(source: ModelSource, signal?: AbortSignal): Promise<Backend> {
  const { createWasmBackend } = await import('./wasm/wasm-backend');
  return createWasmBackend(source, signal);
}

async function onWebgpu(
  source: ModelSource,
  gpu: GPU | undefined,
  { signal, onLost, onCompiled }: BackendOptions,
): Promise<Backend> {
  const device = await deviceOf(gpu);
  const { createWebgpuBackend } = await import('./webgpu/webgpu-backend');
  const open = () => onceThere(async () => createWebgpuBackend(source, await deviceOf(gpu)));
  return new RecoveringBackend(await createWebgpuBackend(source, device, { signal, onCompiled }), { open, onLost });
}

/** Waits before each try to find a GPU that was reset, in milliseconds: it is not back at once. */
const WAITS = [0, 500, 2_000];

async function onceThere<T>(open: () => Promise<T>): Promise<T> {
  for (const wait of WAITS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof UnmaskError && error.code === 'no-webgpu')) throw error;
    }
  }
  throw new UnmaskError(
    'no-webgpu',
    'The GPU was lost, and the browser gives no other. Go on with the wasm backend, or reload the page.',
  );
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
