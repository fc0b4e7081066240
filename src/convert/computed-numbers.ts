import { type FileInPlace, writeAt } from '../model/store/private-files';
import type { Workplace } from './workplace';

/** Their file in a workplace. */
const COMPUTED = 'computed.f32';

/** Numbers that were computed, which are kept so that their tensors need not come again. */
export class ComputedNumbers {
  readonly #file: FileInPlace;
  /** Whether what is there can be used. */
  readonly #isKept: boolean;
  size = 0;

  private constructor(file: FileInPlace, isKept: boolean) {
    this.#file = file;
    this.#isKept = isKept;
  }

  static async open(workplace: Workplace, bytes: number | null): Promise<ComputedNumbers> {
    const file = await workplace.open(COMPUTED);
    return new ComputedNumbers(file, bytes !== null && file.getSize() === bytes);
  }

  async next(count: number, compute: () => Promise<Float32Array>): Promise<Float32Array> {
    const bytes = new Uint8Array(4 * count);
    if (this.#isKept) {
      this.#file.read(bytes, { at: this.size });
    } else {
      const { buffer, byteOffset } = await compute();
      bytes.set(new Uint8Array(buffer, byteOffset, bytes.length));
      writeAt(this.#file, bytes, this.size);
    }
    this.size += bytes.length;
    return new Float32Array(bytes.buffer);
  }

  /** Whether there is something new on the disk. */
  finish(): boolean {
    if (!this.#isKept) this.#file.flush();
    return !this.#isKept;
  }

  close(): void {
    this.#file.close();
  }
}
