import wgsl from '../../shaders/embedding.wgsl?raw';
import matrix from '../../shaders/parts/matrix.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { DTYPE_CODE, type Matrix, matrixBindings } from './matrix';

const SOURCE = { stem: 'embedding', wgsl: [pass, matrix, wgsl].join('\n') };

export interface EmbeddingShape {
  readonly columns: number;
  /** The id of the first row of the weights: 0 unless they are a later part of a larger matrix. */
  readonly firstRow: number;
  /** Rows of the weights. */
  readonly rows: number;
}

export interface EmbeddingBuffers {
  readonly pass: BufferSlice;
  /** [rows of the pass] u32 */
  readonly ids: BufferSlice;
  /** [rows, columns] */
  readonly weights: Matrix;
  /** [rows of the pass, columns] f32, written where the weights hold the id. */
  readonly y: BufferSlice;
}

/**
 * y[row] = weights[ids[row] − firstRow] for the ids in [firstRow, firstRow + rows); one dispatch for each part of a
 * matrix fills y. A row is a row of the pass.
 */
export function embedding(
  pipelines: Pipelines,
  label: string,
  { columns, firstRow, rows: rowsOfPart }: EmbeddingShape,
  buffers: EmbeddingBuffers,
): Kernel {
  const { pass, ids, weights, y } = buffers;
  const constants = { columns, dtype: DTYPE_CODE[weights.dtype], first_row: firstRow, rows_of_part: rowsOfPart };
  return pipelines.bind(label, SOURCE, constants, [pass, ids, ...matrixBindings(weights), y], (rows) => [
    Math.ceil(columns / 64),
    rows,
  ]);
}
