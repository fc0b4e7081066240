import { type Matrix, numbersOf, type Vector, type Weight } from '../network/network';
import { ConversionBuffers } from './conversion-buffers';
import type { CpuDtype, CpuDtypes } from './cpu-dtypes';
import type { PlacedInitializer } from './encode-graph';
import { rotate, rotationSize } from './rotation';
import { readRow, type StoredRows } from './stored-rows';

/** The order of a matrix's rows within a session: of `interleaved` rows 0, 2, 4, … come first, then 1, 3, 5, …. */
export type RowOrder = 'stored' | 'interleaved';

/**
 * The weights of one session as they come in, at the dtypes that it computes with. They are in memory until the session
 * is created, which takes a copy of them.
 */
export class SessionWeights {
  readonly #bytes = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #places: PlacedInitializer[] = [];
  readonly #matrices = new Map<Matrix, MatrixSink>();
  readonly #missing = new Set<Weight>();
  readonly #order: (weight: Weight) => RowOrder;
  readonly #dtypeOf: CpuDtypes;
  readonly #buffers: ConversionBuffers;

  constructor(
    weights: readonly Weight[],
    order: (weight: Weight) => RowOrder,
    dtypeOf: CpuDtypes,
    buffers = new ConversionBuffers(),
  ) {
    this.#missing = new Set(weights);
    this.#order = order;
    this.#dtypeOf = dtypeOf;
    this.#buffers = buffers;
  }

  get isWhole(): boolean {
    return this.#missing.size === 0;
  }

  /** The contents of the files that `places` tells of, by name. */
  get files(): ReadonlyMap<string, Uint8Array> {
    return this.#bytes;
  }

  /** Every tensor is a file of its own. */
  get places(): readonly PlacedInitializer[] {
    return this.#places;
  }

  /** Lets others use the memory. */
  release(): void {
    this.#buffers.giveBack([...this.#bytes.values()].map(({ buffer }) => buffer));
    this.#bytes.clear();
  }

  addVector(vector: Vector, numbers: Float32Array): void {
    const ordered = this.#order(vector) === 'stored' ? Float32Array.from(numbers) : halvesApart(numbers);
    this.#add(vector.name, 'float32', [vector.size], ordered);
    this.#missing.delete(vector);
  }

  /** Rows of a matrix from `firstRow` on. They are read before this returns. */
  addRows(matrix: Matrix, firstRow: number, rows: StoredRows): void {
    const sink = this.#matrices.get(matrix) ?? sinkFor(matrix, this.#dtypeOf(matrix), this.#buffers);
    this.#matrices.set(matrix, sink);
    for (const run of runsOf(matrix, this.#order(matrix), firstRow, rows.rows)) sink.add(rows, run);
    if (!sink.isWhole) return;
    this.#matrices.delete(matrix);
    for (const { name, type, shape, data } of sink.tensors()) this.#add(name, type, shape, data);
    this.#missing.delete(matrix);
  }

  #add(
    name: string,
    type: PlacedInitializer['type'],
    shape: readonly number[],
    data: ArrayBufferView<ArrayBuffer>,
  ): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#bytes.set(name, bytes);
    this.#places.push({ name, type, shape, location: name, offset: 0, bytes: bytes.byteLength });
  }
}

/** Rows source, source + step, … of a part, which are rows target, target + 1, … of a session's matrix. */
interface Run {
  readonly source: number;
  readonly step: number;
  readonly target: number;
  readonly count: number;
}

function runsOf({ rows }: Matrix, order: RowOrder, firstRow: number, count: number): Run[] {
  if (order === 'stored') return [{ source: 0, step: 1, target: firstRow, count }];
  return [0, 1].map((parity) => {
    const source = (firstRow + parity) % 2;
    const target = (parity * rows) / 2 + (firstRow + source - parity) / 2;
    return { source, step: 2, target, count: Math.ceil((count - source) / 2) };
  });
}

interface SessionTensor {
  readonly name: string;
  readonly type: PlacedInitializer['type'];
  readonly shape: readonly number[];
  readonly data: ArrayBufferView<ArrayBuffer>;
}

/** Takes the rows of a matrix. */
interface MatrixSink {
  readonly isWhole: boolean;
  add(rows: StoredRows, run: Run): void;
  tensors(): SessionTensor[];
}

function sinkFor(matrix: Matrix, dtype: CpuDtype, buffers: ConversionBuffers): MatrixSink {
  return dtype === 'f32' ? new FloatSink(matrix, buffers) : new ByteSink(matrix, buffers);
}

/** [rows, columns] f32. */
class FloatSink implements MatrixSink {
  readonly #matrix: Matrix;
  readonly #numbers: Float32Array<ArrayBuffer>;
  #rows = 0;

  constructor(matrix: Matrix, buffers: ConversionBuffers) {
    this.#matrix = matrix;
    this.#numbers = new Float32Array(buffers.take(numbersOf(matrix) * Float32Array.BYTES_PER_ELEMENT));
  }

  get isWhole(): boolean {
    return this.#rows === this.#matrix.rows;
  }

  add(rows: StoredRows, { source, step, target, count }: Run): void {
    const { columns } = this.#matrix;
    for (let i = 0; i < count; i++) {
      const at = (target + i) * columns;
      readRow(rows, source + i * step, this.#numbers.subarray(at, at + columns));
    }
    this.#rows += count;
  }

  tensors(): SessionTensor[] {
    const { name, rows, columns } = this.#matrix;
    return [{ name, type: 'float32', shape: [rows, columns], data: this.#numbers }];
  }
}

/** Rows that are quantised together, so that the transposed matrix is written in runs of bytes. */
const ROWS_AT_ONCE = 64;

/** [columns, rows] int8, as MatMulInteger wants it, and a scale for each row. Rows are turned first (`rotation.ts`). */
class ByteSink implements MatrixSink {
  readonly #matrix: Matrix;
  readonly #bytes: Int8Array<ArrayBuffer>;
  readonly #scales: Float32Array<ArrayBuffer>;
  #rows = 0;

  constructor(matrix: Matrix, buffers: ConversionBuffers) {
    this.#matrix = matrix;
    this.#bytes = new Int8Array(buffers.take(numbersOf(matrix)));
    this.#scales = new Float32Array(buffers.take(matrix.rows * Float32Array.BYTES_PER_ELEMENT));
  }

  get isWhole(): boolean {
    return this.#rows === this.#matrix.rows;
  }

  add(rows: StoredRows, { source, step, target, count }: Run): void {
    const { columns, rows: stride } = this.#matrix;
    const numbers = new Float64Array(columns);
    const levels = new Int8Array(ROWS_AT_ONCE * columns);
    const size = rotationSize(columns);
    for (let first = 0; first < count; first += ROWS_AT_ONCE) {
      const together = Math.min(ROWS_AT_ONCE, count - first);
      for (let i = 0; i < together; i++) {
        readRow(rows, source + (first + i) * step, numbers);
        rotate(numbers, size);
        this.#scales[target + first + i] = quantizeRow(numbers, levels, i * columns);
      }
      writeTransposed(levels, columns, together, this.#bytes, target + first, stride);
    }
    this.#rows += count;
  }

  tensors(): SessionTensor[] {
    const { name, rows, columns } = this.#matrix;
    return [
      { name, type: 'int8', shape: [columns, rows], data: this.#bytes },
      { name: `${name}.scale`, type: 'float32', shape: [rows], data: this.#scales },
    ];
  }
}

/** Writes levels round(127 · number / largest magnitude) from `at` on, and returns what a level is worth. */
function quantizeRow(numbers: Float64Array, levels: Int8Array, at: number): number {
  let largest = 0;
  // Of a number that is none, this makes none of all the row.
  for (let i = 0; i < numbers.length; i++) largest = Math.max(largest, Math.abs(numbers[i]!));
  const factor = largest === 0 ? 0 : 127 / largest;
  for (let i = 0; i < numbers.length; i++) {
    // Rounded without a branch: the sum is positive, and | 0 drops what is behind its point.
    levels[at + i] = ((numbers[i]! * factor + 128.5) | 0) - 128;
  }
  return largest / 127;
}

/** Writes levels [count, columns] to the columns from `target` on of out [columns, stride]. */
function writeTransposed(
  levels: Int8Array,
  columns: number,
  count: number,
  out: Int8Array,
  target: number,
  stride: number,
): void {
  for (let column = 0; column < columns; column++) {
    const to = column * stride + target;
    for (let i = 0, from = column; i < count; i++, from += columns) out[to + i] = levels[from]!;
  }
}

function halvesApart(numbers: Float32Array): Float32Array<ArrayBuffer> {
  const half = numbers.length / 2;
  return Float32Array.from(numbers, (_, i) => numbers[i < half ? 2 * i : 2 * (i - half) + 1]!);
}
