import type { FileInPlace } from '../model/store/private-files';
import type { Workplace } from './workplace';

/** A workplace where the browser keeps no files: what is written is gone with the worker. */
export class MemoryWorkplace implements Workplace {
  readonly #files = new Map<string, MemoryFile>();

  async open(name: string): Promise<FileInPlace> {
    const file = this.#files.get(name) ?? new MemoryFile();
    this.#files.set(name, file);
    return file;
  }

  /** A copy of a file's bytes; null where there is none. */
  read(name: string): Uint8Array<ArrayBuffer> | null {
    return this.#files.get(name)?.bytes.slice() ?? null;
  }
}

class MemoryFile implements FileInPlace {
  bytes = new Uint8Array(0);

  read(bytes: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    const found = this.bytes.subarray(at, at + bytes.length);
    bytes.set(found);
    return found.length;
  }

  write(bytes: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    if (at + bytes.length > this.bytes.length) this.truncate(at + bytes.length);
    this.bytes.set(bytes, at);
    return bytes.length;
  }

  /** Throws a RangeError where there is not that much memory. */
  truncate(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }

  getSize(): number {
    return this.bytes.length;
  }

  flush(): void {}

  close(): void {}
}
