import {
  byteLength,
  dtypeOf,
  matrixTensors,
  type Packing,
  type StoredTensor,
  vectorTensor,
  type WeightDtype,
} from '../model/format/packing';
import { isMatrix, type Matrix, type Network, tensorsOf, type Vector } from '../network/network';
import { writeHeader } from '../safetensors/write-header';

/** The largest file of weights, unless told otherwise: some static hosts take none of more than 25 MiB. */
export const FILE_BYTES = 24 * 2 ** 20;

/** A vector, or rows of a matrix, and the tensors that store them. */
export type PlannedPart = (
  | { readonly matrix: Matrix; readonly dtype: WeightDtype; readonly firstRow: number; readonly rows: number }
  | { readonly vector: Vector }
) & { readonly tensors: readonly StoredTensor[] };

export interface PlannedFile {
  readonly path: string;
  /** What stands before the data. */
  readonly header: Uint8Array;
  /** Their tensors' bytes follow each other in this order. */
  readonly parts: readonly PlannedPart[];
  /** Of the whole file. */
  readonly bytes: number;
}

/** Names of files of weights, of whatever number of files. */
export const WEIGHTS_FILE = /^model(-\d+-of-\d+)?\.safetensors$/;

const DTYPES = { float32: 'F32', float16: 'F16', uint8: 'U8' } as const satisfies Record<StoredTensor['type'], string>;

/** Bytes of a header that a tensor takes at most, beside its name; and of padding. */
const HEADER_ROOM = { perTensor: 160, perFile: 128 };
/** Parts of a matrix have a multiple of these rows, so that each begins at a whole word. */
const ROWS_TOGETHER = 8;

/**
 * Which file every weight goes to, in the order of the network, if no file is to have more than `fileBytes`. A matrix
 * that is too large for a file is cut into parts of whole rows.
 *
 * The format has no gaps between tensors. Those of uint8 are whole groups, so that each tensor begins at a multiple
 * of four bytes unless one of float16 with an odd number of values is before it: a file ends after such a one.
 */
export function planFiles(network: Network, packing: Packing, fileBytes: number): PlannedFile[] {
  const files: PlannedPart[][] = [];
  let room = 0;
  for (const weight of tensorsOf(network)) {
    for (const part of partsOf(weight, network, packing, fileBytes - HEADER_ROOM.perFile)) {
      const size = sizeOf(part.tensors);
      if (size > room) {
        files.push([]);
        room = fileBytes - HEADER_ROOM.perFile;
      }
      files.at(-1)!.push(part);
      room -= size;
      if (part.tensors.some((tensor) => byteLength(tensor) % 4 !== 0)) room = 0;
    }
  }
  const digits = (number: number) => String(number).padStart(5, '0');
  return files.map((parts, index) => {
    const number = `-${digits(index + 1)}-of-${digits(files.length)}`;
    return plannedFile(`model${files.length === 1 ? '' : number}.safetensors`, parts);
  });
}

function plannedFile(path: string, parts: readonly PlannedPart[]): PlannedFile {
  const tensors = parts.flatMap((part) => part.tensors);
  const header = writeHeader(
    tensors.map((tensor) => ({ ...tensor, dtype: DTYPES[tensor.type], bytes: byteLength(tensor) })),
  );
  const bytes = tensors.reduce((sum, tensor) => sum + byteLength(tensor), header.length);
  return { path, header, parts, bytes };
}

/** A weight as one part, or a matrix larger than `room` as several. */
function partsOf(weight: Matrix | Vector, network: Network, packing: Packing, room: number): PlannedPart[] {
  if (!isMatrix(weight)) return [{ vector: weight, tensors: [vectorTensor(weight)] }];
  const dtype = dtypeOf(weight, network, packing);
  const part = (firstRow: number, rows: number, number: number | null): PlannedPart => {
    const tensors = matrixTensors({ matrix: weight, dtype, firstRow, rows, number });
    return { matrix: weight, dtype, firstRow, rows, tensors };
  };
  const whole = part(0, weight.rows, null);
  if (sizeOf(whole.tensors) <= room) return [whole];
  const headers = sizeOf(whole.tensors) - dataOf(whole.tensors);
  const rowBytes = dataOf(whole.tensors) / weight.rows;
  const most = Math.floor((room - headers - 2 * 8) / rowBytes / ROWS_TOGETHER) * ROWS_TOGETHER;
  const each = Math.max(ROWS_TOGETHER, most);
  if (each >= weight.rows) return [whole];
  return Array.from({ length: Math.ceil(weight.rows / each) }, (_, number) =>
    part(number * each, Math.min(each, weight.rows - number * each), number),
  );
}

/** Bytes of tensors in a file, with what they may take of its header. */
function sizeOf(tensors: readonly StoredTensor[]): number {
  return tensors.reduce((sum, { name }) => sum + name.length + HEADER_ROOM.perTensor, dataOf(tensors));
}

function dataOf(tensors: readonly StoredTensor[]): number {
  return tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
}
