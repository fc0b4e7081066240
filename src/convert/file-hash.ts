import { createSHA256, type IHasher } from 'hash-wasm';
import { hashInPlace } from '../model/store/hash-in-place';
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

/** The SHA-256 of a file where it lies, in lower-case hex. Throws as `hashInPlace`. */
export async function sha256InPlace(file: FileInPlace, signal: AbortSignal): Promise<string> {
  const hasher = await createSHA256();
  await hashInPlace(file, hasher, signal);
  return hasher.digest('hex');
}
