import type { Manifest } from './manifest';
import type { ModelConfig } from './model-config';

/** A model folder that was opened: its parsed heads, and a way to read its files. */
export interface ModelSource {
  readonly manifest: Manifest;
  readonly config: ModelConfig;
  /**
   * The bytes of one file of the manifest, checked against it, in a buffer of their own that belongs to
   * the caller: nothing is kept, and a second call reads the file again. Throws `network`, `bad-model`,
   * `out-of-memory` or, once `signal` is aborted, its AbortError.
   */
  read(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}
