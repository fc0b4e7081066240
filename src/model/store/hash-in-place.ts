import type { IHasher } from 'hash-wasm';
import type { FileInPlace } from './private-files';

/** Bytes that are hashed at once: some 20 ms. */
const PIECE_BYTES = 2 ** 22;

/**
 * Hashes a file where it lies, on from what the hasher has. Between two pieces the worker does what else it has to do.
 * Throws the AbortError, and what reading throws.
 */
export async function hashInPlace(file: FileInPlace, hasher: IHasher, signal: AbortSignal): Promise<void> {
  const size = file.getSize();
  const piece = new Uint8Array(Math.min(size, PIECE_BYTES));
  for (let at = 0; at < size; ) {
    const length = file.read(piece, { at });
    if (length === 0) throw new DOMException('The file became shorter.', 'NotReadableError');
    hasher.update(piece.subarray(0, length));
    at += length;
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
}
