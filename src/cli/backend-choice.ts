import type { BackendChoice } from '../library/node';
import { UsageError } from './command';

/** Reads the value of `--backend`; `auto` without it. Throws UsageError. */
export function readBackend(name: string | undefined): BackendChoice {
  if (name === undefined) return 'auto';
  if (name !== 'webgpu' && name !== 'wasm') throw new UsageError(`--backend must be webgpu or wasm, not "${name}".`);
  return name;
}
