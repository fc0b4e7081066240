import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointFiles } from '../src/checkpoint/checkpoint-files';
import { UnmaskError } from '../src/errors';

/** The files of a checkpoint folder. What is read stays open until `close`. */
export class DiskCheckpoint implements CheckpointFiles {
  readonly #folder: string;
  readonly #open = new Map<string, Promise<FileHandle>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async size(path: string): Promise<number | null> {
    try {
      const found = await stat(this.#pathOf(path));
      if (found.isFile()) return found.size;
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return null;
      throw this.#unreadable(path, error);
    }
    throw this.#unreadable(path, 'it is no file');
  }

  async read(path: string, from: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    try {
      const file = await this.#file(path);
      for (let done = 0; done < length; ) {
        signal?.throwIfAborted();
        const { bytesRead } = await file.read(bytes, done, length - done, from + done);
        if (bytesRead === 0) throw new Error('it ends early');
        done += bytesRead;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#unreadable(path, error);
    }
    return bytes;
  }

  async close(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    for (const file of files) await file.then((file) => file.close()).catch(() => {});
  }

  #file(path: string): Promise<FileHandle> {
    const file = this.#open.get(path) ?? open(this.#pathOf(path));
    this.#open.set(path, file);
    return file;
  }

  #pathOf(path: string): string {
    return join(this.#folder, path);
  }

  #unreadable(path: string, cause: unknown): UnmaskError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new UnmaskError('bad-model', `${this.#pathOf(path)} cannot be read: ${why}.`, { cause });
  }
}
