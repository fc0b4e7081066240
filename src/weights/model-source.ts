import type { Manifest } from './manifest';
import type { ModelConfig } from './model-config';

/** A model folder that was opened: its parsed heads, and a way to read its files. */
export interface ModelSource {
  readonly manifest: Manifest;
  readonly config: ModelConfig;
  /** The bytes of one file of the manifest, length and sha256 checked. Throws `network`, `bad-model` or `cancelled`. */
  read(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}
