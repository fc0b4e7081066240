import { GROUP_BYTES, SCALE_GROUP, type WeightDtype, ZERO_LEVEL } from '../model/format/packing';
import type { PlacedTensor, StoredPart } from '../model/source/stored-part';
import type { Matrix } from '../network/network';

/** Rows of a matrix as they are stored. */
export interface StoredRows {
  readonly dtype: WeightDtype;
  readonly columns: number;
  readonly rows: number;
  /** f32 numbers, f16 bits, or the bytes of q8 and q4. */
  readonly values: Float32Array | Uint16Array | Uint8Array;
  /** [rows, groups] for q8 and q4. */
  readonly scales: Float32Array | null;
}

/** Views of the rows of a part within its file, or copies where they are not aligned. */
export function storedRows(part: Extract<StoredPart, { matrix: Matrix }>, file: Uint8Array<ArrayBuffer>): StoredRows {
  const { matrix, dtype, rows, tensors } = part;
  const [values, scales] = tensors.map((tensor) => arrayOf(tensor, file));
  return {
    dtype,
    rows,
    columns: matrix.columns,
    values: values!,
    scales: (scales as Float32Array | undefined) ?? null,
  };
}

/** The numbers of a stored vector. */
export function storedVector({ tensors }: StoredPart, file: Uint8Array<ArrayBuffer>): Float32Array {
  return (arrayOf(tensors[0]!, file) as Float32Array).slice();
}

/** Writes a row's numbers to out [columns]. */
export function readRow(
  { dtype, columns, values, scales }: StoredRows,
  row: number,
  out: Float32Array | Float64Array,
): void {
  switch (dtype) {
    case 'f32':
      out.set((values as Float32Array).subarray(row * columns, (row + 1) * columns));
      return;
    case 'f16': {
      const from = row * columns;
      const numbers = everyHalf();
      for (let column = 0; column < columns; column++) out[column] = numbers[values[from + column]!]!;
      return;
    }
    case 'q8':
      readQ8(values as Uint8Array, scales!, columns, row, out);
      return;
    case 'q4':
      readQ4(values as Uint8Array, scales!, columns, row, out);
      return;
    default:
      dtype satisfies never;
  }
}

/** Constants of this module: run in Node, each look at an imported one is a call, which is dear in a loop. */
const GROUP = SCALE_GROUP;
const [Q8_BYTES, Q8_ZERO] = [GROUP_BYTES.q8, ZERO_LEVEL.q8];
const [Q4_BYTES, Q4_ZERO] = [GROUP_BYTES.q4, ZERO_LEVEL.q4];

function readQ8(
  bytes: Uint8Array,
  scales: Float32Array,
  columns: number,
  row: number,
  out: Float32Array | Float64Array,
): void {
  const groups = Math.ceil(columns / GROUP);
  for (let group = 0; group < groups; group++) {
    const scale = scales[row * groups + group]!;
    const first = group * GROUP;
    const end = Math.min(columns, first + GROUP);
    const from = (row * groups + group) * Q8_BYTES - first;
    for (let column = first; column < end; column++) out[column] = (bytes[from + column]! - Q8_ZERO) * scale;
  }
}

function readQ4(
  bytes: Uint8Array,
  scales: Float32Array,
  columns: number,
  row: number,
  out: Float32Array | Float64Array,
): void {
  const groups = Math.ceil(columns / GROUP);
  for (let group = 0; group < groups; group++) {
    const scale = scales[row * groups + group]!;
    const first = group * GROUP;
    const end = Math.min(columns, first + GROUP);
    const from = (row * groups + group) * Q4_BYTES;
    for (let column = first; column < end; column++) {
      const byte = bytes[from + ((column - first) >> 1)]!;
      out[column] = ((column & 1 ? byte >> 4 : byte & 15) - Q4_ZERO) * scale;
    }
  }
}

function arrayOf({ type, offset, bytes }: PlacedTensor, file: Uint8Array<ArrayBuffer>) {
  const at = file.subarray(offset, offset + bytes);
  if (type === 'uint8') return at;
  const Numbers = type === 'float32' ? Float32Array : Uint16Array;
  const { buffer, byteOffset } = at.byteOffset % Numbers.BYTES_PER_ELEMENT === 0 ? at : at.slice();
  return new Numbers(buffer, byteOffset, bytes / Numbers.BYTES_PER_ELEMENT);
}

let halves: Float32Array | undefined;

/** What each of the 65,536 halves is; made when first needed. */
function everyHalf(): Float32Array {
  halves ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
  return halves;
}
