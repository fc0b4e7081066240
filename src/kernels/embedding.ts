import wgsl from '../../shaders/embedding.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { DTYPE_CODE, type Matrix, matrixBindings } from './matrix';

export interface EmbeddingBuffers {
  readonly pass: BufferSlice;
  /** [rows] u32: rows of the weights. */
  readonly ids: BufferSlice;
  /** [vocab, columns] */
  readonly weights: Matrix;
  /** [rows, columns] f32, written. */
  readonly y: BufferSlice;
}

/** y[row] = weights[ids[row]]. A row is a row of the pass. */
export function embedding(
  pipelines: Pipelines,
  label: string,
  shape: { readonly columns: number },
  buffers: EmbeddingBuffers,
): Kernel {
  const { pass, ids, weights, y } = buffers;
  return pipelines.bind(
    label,
    { stem: 'embedding', wgsl },
    { columns: shape.columns, dtype: DTYPE_CODE[weights.dtype] },
    [pass, ids, ...matrixBindings(weights), y],
    (rows) => [Math.ceil(shape.columns / 64), rows],
  );
}
