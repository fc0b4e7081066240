import { createSHA256, type IHasher } from 'hash-wasm';
import { hashInPlace } from './hash-in-place';
import { type FileInPlace, openInPlace, writeAt } from './private-files';

/** Bytes that the browser may hold back from the disk. */
const FLUSH_BYTES = 2 ** 22;

/** The beginning of a file that is being fetched, on the disk. Its hash is kept along, so that nothing is read again. */
export class PartFile {
  readonly #access: FileInPlace;
  readonly #hasher: IHasher;
  #size: number;
  #unflushed = 0;

  private constructor(access: FileInPlace, hasher: IHasher, size: number) {
    this.#access = access;
    this.#hasher = hasher;
    this.#size = size;
  }

  /** Goes on with what is there of a file of `limit` bytes. Throws the AbortError of `signal`. */
  static async open(
    directory: FileSystemDirectoryHandle,
    name: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<PartFile> {
    const hasher = await createSHA256();
    const access = await openInPlace(directory, name);
    try {
      const size = access.getSize();
      const part = new PartFile(access, hasher, size);
      if (size > limit) part.clear();
      else await hashInPlace(access, hasher, signal);
      return part;
    } catch (error) {
      access.close();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Throws a QuotaExceededError; what is there stays as it is. */
  append(bytes: Uint8Array<ArrayBuffer>): void {
    try {
      writeAt(this.#access, bytes, this.#size);
    } catch (error) {
      this.#access.truncate(this.#size);
      throw error;
    }
    this.#hasher.update(bytes);
    this.#size += bytes.length;
    this.#unflushed += bytes.length;
    if (this.#unflushed < FLUSH_BYTES) return;
    this.#access.flush();
    this.#unflushed = 0;
  }

  /** Throws away what is there. */
  clear(): void {
    this.#access.truncate(0);
    this.#hasher.init();
    this.#size = 0;
  }

  /** Lower-case hex, of the whole file: to be asked for once, or again after `clear`. */
  sha256(): string {
    return this.#hasher.digest('hex');
  }

  close(): void {
    try {
      this.#access.flush();
    } finally {
      this.#access.close();
    }
  }
}
