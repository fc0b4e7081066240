import type { Checkpoint } from '../checkpoint/checkpoint';
import type { TensorEntry } from '../checkpoint/safetensors';
import { UnmaskError } from '../errors';
import type { Computed, Source } from '../network/family';

/** Numbers that are read at once: 1 MB as f32. */
export const PIECE = 2 ** 18;

/** Reads our weights out of a checkpoint's tensors, whose shapes are right. */
export class WeightReader {
  readonly #tensors: Checkpoint['tensors'];
  readonly #signal: AbortSignal | undefined;
  /** Small tensors that the weight before needed: the next often needs some of them again. */
  #needed = new Map<string, Float32Array>();
  /** The last weight that was computed, which may be asked for in pieces. */
  #computed: { readonly of: Computed; readonly numbers: Float32Array } | undefined;

  constructor(tensors: Checkpoint['tensors'], signal?: AbortSignal) {
    this.#tensors = tensors;
    this.#signal = signal;
  }

  /**
   * So many rows of a weight, from row `from` on, row-major; a vector is rows of one column. Throws `bad-model` for
   * something that is not a finite number, and the AbortError.
   */
  async rows(source: Source, from: number, count: number, columns: number): Promise<Float32Array> {
    if ('computed' in source) {
      const numbers = await this.#compute(source.computed);
      return numbers.slice(from * columns, (from + count) * columns);
    }
    if ('stack' in source) return this.#stacked(source.stack, from, count, columns);
    if ('interleave' in source) return this.#interleaved(source.interleave, from, count, columns);
    const numbers = await this.#read(source.tensor, from * columns, count * columns);
    if ('rowFactors' in source) scaleRows(numbers, columns, (await this.#compute(source.rowFactors)).subarray(from));
    return numbers;
  }

  async #stacked(
    parts: readonly { readonly tensor: string; readonly rows: number }[],
    from: number,
    count: number,
    columns: number,
  ): Promise<Float32Array> {
    const all = new Float32Array(count * columns);
    let start = 0;
    for (const { tensor, rows } of parts) {
      const [first, end] = [Math.max(from, start), Math.min(from + count, start + rows)];
      if (first < end) {
        all.set(await this.#read(tensor, (first - start) * columns, (end - first) * columns), (first - from) * columns);
      }
      start += rows;
    }
    return all;
  }

  async #interleaved(tensors: readonly string[], from: number, count: number, columns: number): Promise<Float32Array> {
    const all = new Float32Array(count * columns);
    const every = tensors.length;
    for (const [index, tensor] of tensors.entries()) {
      // Row r of this tensor is row r · every + index of all.
      const first = Math.max(0, Math.ceil((from - index) / every));
      const end = Math.ceil((from + count - index) / every);
      if (first >= end) continue;
      const numbers = await this.#read(tensor, first * columns, (end - first) * columns);
      for (let row = first; row < end; row++) {
        const piece = numbers.subarray((row - first) * columns, (row - first + 1) * columns);
        all.set(piece, (row * every + index - from) * columns);
      }
    }
    return all;
  }

  async #compute(computed: Computed): Promise<Float32Array> {
    if (this.#computed?.of === computed) return this.#computed.numbers;
    const needed = new Map<string, Float32Array>();
    for (const [name, shape] of computed.needs) {
      const size = shape.reduce((product, axis) => product * axis, 1);
      needed.set(name, this.#needed.get(name) ?? (await this.#read(name, 0, size)));
    }
    this.#needed = needed;
    const numbers = computed.compute((name) => needed.get(name)!);
    this.#computed = { of: computed, numbers };
    return numbers;
  }

  async #read(name: string, from: number, count: number): Promise<Float32Array<ArrayBuffer>> {
    const numbers = await (this.#tensors.get(name) as TensorEntry).read(from, count, this.#signal);
    checkFinite(name, numbers);
    return numbers;
  }
}

/** Throws `bad-model` for something that is not a finite number. */
export function checkFinite(tensor: string, numbers: Float32Array): void {
  if (areFinite(numbers)) return;
  throw new UnmaskError('bad-model', `${tensor} holds something that is not a finite number. Take another checkpoint.`);
}

/** A number times 0 is 0 unless it is infinite or none. */
function areFinite(numbers: Float32Array): boolean {
  let sum = 0;
  for (let index = 0; index < numbers.length; index++) sum += numbers[index]! * 0;
  return sum === 0;
}

/** Each row times its factor. */
export function scaleRows(numbers: Float32Array, columns: number, factors: Float32Array): void {
  for (let row = 0; row * columns < numbers.length; row++) {
    const factor = factors[row]!;
    const end = (row + 1) * columns;
    for (let index = row * columns; index < end; index++) numbers[index] = numbers[index]! * factor;
  }
}
