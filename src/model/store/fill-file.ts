import type { ManifestFile } from '../format/manifest';
import type { PartFile } from './part-file';

export interface FillOptions {
  readonly signal: AbortSignal;
  /** To be called whenever the part has grown or shrunk. */
  readonly onChange: () => void;
}

/**
 * Completes the part of a file, wherever the rest comes from, so that it has the length and the SHA-256 of the
 * manifest. Throws otherwise, or the AbortError.
 */
export type FillFile = (file: ManifestFile, part: PartFile, options: FillOptions) => Promise<void>;
