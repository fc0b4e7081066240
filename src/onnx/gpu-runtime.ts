import { isNode, notFetched, RUNTIME_FILES, type RuntimeFile } from './runtime-file';

type Runtime = typeof import('onnxruntime-web/webgpu');

let runtime: Promise<Runtime> | undefined;

/**
 * onnxruntime-web for WebGPU, which a page or a worker has one of; it starts with its first session. Throws `network`
 * where it cannot be had.
 */
export function gpuRuntime(): Promise<Runtime> {
  runtime ??= openRuntime().catch((error: unknown) => {
    runtime = undefined;
    throw error;
  });
  return runtime;
}

/** The build that suspends on the browser's own stack switching is smaller and faster, where there is one. */
const hasStackSwitching = () => 'Suspending' in WebAssembly;

/** The file that a browser fetches for it. */
export function gpuRuntimeFile(): RuntimeFile {
  return hasStackSwitching() ? RUNTIME_FILES.jspi : RUNTIME_FILES.asyncify;
}

async function openRuntime(): Promise<Runtime> {
  const script = (hasStackSwitching() ? import('onnxruntime-web/jspi') : import('onnxruntime-web/webgpu')).catch(
    notFetched,
  );
  const [module, code] = await Promise.all([script, isNode() ? undefined : fetchCode()]);
  // Nothing is computed here; left unset, Node 20 would look for the number of cores and fail.
  module.env.wasm.numThreads = 1;
  if (code) module.env.wasm.wasmBinary = code;
  return module;
}

async function fetchCode(): Promise<Uint8Array<ArrayBuffer>> {
  // The least module there is: the policy of the page's host may forbid WebAssembly.
  await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)).catch(notFetched);
  return gpuRuntimeFile().bytes();
}

/** Frees the code of a runtime that has started. */
export async function gpuRuntimeStarted(): Promise<void> {
  const { env } = await gpuRuntime();
  delete env.wasm.wasmBinary;
  gpuRuntimeFile().release();
}
