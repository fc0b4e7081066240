import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlannedFile } from '../src/convert/weight-plan';
import { UnmaskError } from '../src/errors';
import type { ManifestFile } from '../src/model/format/manifest';

/** Writes bytes one after the other into files of known sizes, and hashes them on the way. */
export class FileSequence {
  readonly #folder: string;
  readonly #planned: readonly PlannedFile[];
  readonly #written: ManifestFile[] = [];
  #file: FileHandle | undefined;
  #hash = createHash('sha256');
  /** Bytes of the open file so far. */
  #size = 0;

  constructor(folder: string, planned: readonly PlannedFile[]) {
    this.#folder = folder;
    this.#planned = planned;
  }

  /** Throws `bad-input` where a file cannot be written, as on a full disk. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { path, bytes: size } = this.#planned[this.#written.length]!;
      this.#file ??= await open(join(this.#folder, path), 'w');
      const piece = bytes.subarray(done, done + size - this.#size);
      this.#hash.update(piece);
      await this.#file.writeFile(piece).catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new UnmaskError('bad-input', `${path} cannot be written: ${why}. Make room for it.`, { cause });
      });
      done += piece.length;
      this.#size += piece.length;
      if (this.#size === size) await this.#endFile(path);
    }
  }

  /** What was written. Every file must be full. */
  finish(): readonly ManifestFile[] {
    if (this.#written.length !== this.#planned.length) throw new Error('fewer weights came than were planned');
    return this.#written;
  }

  /** Safe to call at any time. */
  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #endFile(path: string): Promise<void> {
    await this.close();
    this.#written.push({ path, bytes: this.#size, sha256: this.#hash.digest('hex') });
    this.#hash = createHash('sha256');
    this.#size = 0;
  }
}
