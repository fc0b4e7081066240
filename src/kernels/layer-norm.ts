import wgsl from '../../shaders/layer-norm.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import type { Lanes } from './lanes';

export interface LayerNormShape {
  readonly columns: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** As of the matmuls: where one lane is best, few invocations share a row, as barriers are slow. */
  readonly lanes: Lanes;
}

export interface LayerNormBuffers {
  readonly pass: BufferSlice;
  /** [rows, columns] f32, or more rows with `picks`. */
  readonly x: BufferSlice;
  /** [rows] u32: the rows of x to take; without it they are the rows of the pass. */
  readonly picks?: BufferSlice;
  /** [columns] f32. */
  readonly weight: BufferSlice;
  /** [columns] f32. */
  readonly bias: BufferSlice;
  /** [rows, columns] f32, written. */
  readonly y: BufferSlice;
}

/** y = (x − mean) / √(variance + epsilon) · weight + bias, over the columns of each row. A row is a row of the pass. */
export function layerNorm(
  pipelines: Pipelines,
  label: string,
  shape: LayerNormShape,
  buffers: LayerNormBuffers,
): Kernel {
  const { pass, x, picks, weight, bias, y } = buffers;
  const { columns, epsilon, lanes } = shape;
  return pipelines.bind(
    label,
    { stem: 'layer-norm', wgsl },
    { columns, epsilon, picked: picks ? 1 : 0, threads: lanes === 1 ? 4 : 64 },
    // The shader names picks in any case; where there are none it gets x, unread.
    [pass, x, picks ?? x, weight, bias, y],
    (rows) => [rows],
  );
}
