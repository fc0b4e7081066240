import { createSHA256, type IHasher } from 'hash-wasm';
import type { FileInPlace } from '../model/store/private-files';

/** Takes up a hash where an earlier try left it. Returns the byte to go on from: 0 where that cannot be. */
export function resumeHash(
  hasher: IHasher | null,
  { position, hash }: { position: number; hash: string | null },
): number {
  if (!hasher || position === 0) return position;
  try {
    hasher.load(Uint8Array.from(atob(hash!), (character) => character.charCodeAt(0)));
    return position;
  } catch {
    hasher.init();
    return 0;
  }
}

const PIECE_BYTES = 2 ** 22;

/** The SHA-256 of a file where it lies, in lower-case hex. Throws the AbortError, and what reading throws. */
export async function sha256InPlace(file: FileInPlace, signal: AbortSignal): Promise<string> {
  const hasher = await createSHA256();
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
  return hasher.digest('hex');
}
