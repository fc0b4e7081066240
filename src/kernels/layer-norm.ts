import wgsl from '../../shaders/layer-norm.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';

export interface LayerNormShape {
  readonly columns: number;
  /** Added to the variance. */
  readonly epsilon: number;
}

export interface LayerNormBuffers {
  readonly pass: BufferSlice;
  /** [rows, columns] f32. */
  readonly x: BufferSlice;
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
  const { pass, x, weight, bias, y } = buffers;
  return pipelines.bind(
    label,
    { stem: 'layer-norm', wgsl },
    { columns: shape.columns, epsilon: shape.epsilon },
    [pass, x, weight, bias, y],
    (rows) => [rows],
  );
}
