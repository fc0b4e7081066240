import { UnmaskError } from '../../errors';
import type { ModelConfig } from '../../network/model-config';
import type { Manifest } from '../format/manifest';
import type { Packing } from '../format/packing';

/** A model folder that was opened: its parsed heads, and a way to read its files. */
export interface ModelSource {
  readonly manifest: Manifest;
  readonly config: ModelConfig;
  readonly packing: Packing;
  /**
   * The bytes of one file of the manifest, checked against it, in a buffer of their own that belongs to
   * the caller: nothing is kept, and a second call reads the file again. Throws `network`, `bad-model`,
   * `out-of-memory` or, once `signal` is aborted, its AbortError.
   */
  read(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * The same model with a context of so many tokens, at most its longest: memory for keys and values grows with it.
 * Throws `bad-input` for less than the block that it writes by default.
 */
export function withContext(source: ModelSource, tokens: number): ModelSource {
  const { config } = source;
  const least = config.defaultBlockSize;
  if (!Number.isSafeInteger(tokens) || tokens < least) {
    throw new UnmaskError(
      'bad-input',
      `The context must be a whole number of tokens, ${least} or more, not ${tokens}.`,
    );
  }
  const contextLength = Math.min(tokens, config.longestContext);
  const blockSizes = config.blockSizes.filter((size) => size <= contextLength);
  return { ...source, config: { ...config, contextLength, blockSizes } };
}
