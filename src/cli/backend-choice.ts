import type { Backend, BackendName } from '../backends/backend';
import { createBackend } from '../backends/choose-backend';
import { UnmaskError } from '../errors';
import type { ModelSource } from '../model/source/model-source';
import { UsageError } from './command';
import { nodeGpu } from './node-gpu';

/** What `--backend` names; `auto` without it. */
export type BackendChoice = BackendName | 'auto';

/** Reads the value of `--backend`. Throws UsageError. */
export function readBackend(name: string | undefined): BackendChoice {
  if (name === undefined) return 'auto';
  if (name !== 'webgpu' && name !== 'wasm') throw new UsageError(`--backend must be webgpu or wasm, not "${name}".`);
  return name;
}

/** Loads a model onto the backend that was chosen, in Node. Throws what `createBackend` throws. */
export async function openBackend(source: ModelSource, choice: BackendChoice, signal?: AbortSignal): Promise<Backend> {
  return createBackend(source, choice, await gpuFor(choice), signal);
}

/** Dawn, but not for the wasm backend, which needs no driver and is not to fail with one. */
async function gpuFor(choice: BackendChoice): Promise<GPU | undefined> {
  if (choice === 'wasm') return undefined;
  try {
    return await nodeGpu();
  } catch (error) {
    if (choice === 'auto') return undefined;
    throw new UnmaskError('no-webgpu', `WebGPU does not start here: ${error}. Use --backend wasm.`);
  }
}
