import { fileNamed, unreadable } from '../model/source/model-files';
import type { CheckpointFiles } from './checkpoint-files';

/** The files of a folder of this device, as a person chose or dropped them. */
export class FileList implements CheckpointFiles {
  readonly #folder: string;
  readonly #files: readonly File[];

  constructor(folder: string, files: readonly File[]) {
    this.#folder = folder;
    this.#files = files;
  }

  async size(path: string): Promise<number | null> {
    return this.#files.find(({ name }) => name === path)?.size ?? null;
  }

  async read(path: string, from: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const fail = unreadable(path, this.#folder);
    const piece = fileNamed(path, this.#folder, this.#files).slice(from, from + length);
    const bytes = new Uint8Array(await piece.arrayBuffer().catch(fail));
    signal?.throwIfAborted();
    return bytes.length === length ? bytes : fail(new RangeError('The file ends early.'));
  }
}
