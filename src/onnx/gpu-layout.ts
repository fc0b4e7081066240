import { UnmaskError } from '../errors';
import {
  byteLength,
  dtypeOf,
  matrixTensors,
  type Packing,
  vectorTensor,
  type WeightDtype,
  wholeMatrix,
} from '../model/format/packing';
import { isMatrix, type Matrix, type Network, tensorsOf } from '../network/network';

/** Rows of a matrix that lie in a buffer of their own. */
export interface RowRange {
  readonly firstRow: number;
  readonly rows: number;
}

/** Parts have a multiple of these rows where they can: whole words of f16 need two. */
const ROWS_TOGETHER = [8, 2, 1];

/**
 * In which parts each matrix lies on a device that binds at most `limit` bytes: one unless it is larger than that.
 * Throws `out-of-memory` for a vector, or a single row, that is larger.
 */
export function gpuLayout(network: Network, packing: Packing, limit: number): ReadonlyMap<Matrix, readonly RowRange[]> {
  const layout = new Map<Matrix, readonly RowRange[]>();
  for (const weight of tensorsOf(network)) {
    if (isMatrix(weight)) layout.set(weight, rangesOf(weight, dtypeOf(weight, network, packing), limit));
    else if (byteLength(vectorTensor(weight)) > limit) {
      throw tooLarge(weight.name, byteLength(vectorTensor(weight)), limit);
    }
  }
  return layout;
}

function rangesOf(matrix: Matrix, dtype: WeightDtype, limit: number): RowRange[] {
  const bytes = Math.max(...matrixTensors(wholeMatrix(matrix, dtype)).map(byteLength));
  if (bytes <= limit) return [{ firstRow: 0, rows: matrix.rows }];
  const rowBytes = bytes / matrix.rows;
  const most = Math.floor(limit / rowBytes);
  const step = ROWS_TOGETHER.find((rows) => rows <= most && (rows * rowBytes) % 4 === 0);
  if (step === undefined) throw tooLarge(`A row of ${matrix.name}`, rowBytes, limit);
  const each = Math.floor(most / step) * step;
  return Array.from({ length: Math.ceil(matrix.rows / each) }, (_, index) => {
    return { firstRow: index * each, rows: Math.min(each, matrix.rows - index * each) };
  });
}

function tooLarge(what: string, bytes: number, limit: number): UnmaskError {
  const kibibytes = (bytes: number) => Math.ceil(bytes / 2 ** 10);
  return new UnmaskError(
    'out-of-memory',
    `${what} takes ${kibibytes(bytes)} KiB and this GPU binds at most ${kibibytes(limit)} KiB. ` +
      'Use the model exported with --dtype q8 or q4, or the wasm backend.',
  );
}
