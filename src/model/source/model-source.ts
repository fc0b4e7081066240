import { UnmaskError } from '../../errors';
import type { Manifest } from '../format/manifest';
import type { ModelConfig } from '../format/model-config';

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

/**
 * The same model with a context of at most so many tokens, which takes less memory for keys and values. Throws
 * `bad-input` for less than its largest block.
 */
export function withContext(source: ModelSource, tokens: number): ModelSource {
  const { contextLength, blockSizes } = source.config;
  const least = Math.max(...blockSizes);
  if (!Number.isSafeInteger(tokens) || tokens < least) {
    throw new UnmaskError('bad-input', `The context must be a whole number of tokens from ${least} on, not ${tokens}.`);
  }
  return { ...source, config: { ...source.config, contextLength: Math.min(tokens, contextLength) } };
}
