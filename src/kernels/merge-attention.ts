import wgsl from '../../shaders/merge-attention.wgsl?raw';
import params from '../../shaders/parts/params.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import visibleSlots from '../../shaders/parts/visible-slots.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';

const SOURCE = { stem: 'merge-attention', wgsl: [pass, params, visibleSlots, wgsl].join('\n') };

export interface MergeAttentionShape {
  readonly heads: number;
  readonly headSize: number;
  /** Ring slots of a chunk, as in `blockAttention`. */
  readonly chunk: number;
}

export interface MergeAttentionBuffers {
  readonly pass: BufferSlice;
  /** [chunks, rows, heads, headSize] f32 of `blockAttention`. */
  readonly sums: BufferSlice;
  /** [chunks, rows, heads] (peak, total weight) of `blockAttention`. */
  readonly weights: BufferSlice;
  /** [rows, heads, headSize] f32, written. */
  readonly out: BufferSlice;
}

/** The second half of block attention: one softmax out of the chunks'. A row is a row of the pass. */
export function mergeAttention(
  pipelines: Pipelines,
  label: string,
  shape: MergeAttentionShape,
  buffers: MergeAttentionBuffers,
): Kernel {
  const { pass, sums, weights, out } = buffers;
  const hidden = shape.heads * shape.headSize;
  return pipelines.bind(
    label,
    SOURCE,
    { heads: shape.heads, head_size: shape.headSize, chunk: shape.chunk },
    [pass, sums, weights, out],
    (rows) => [Math.ceil(hidden / 64), rows],
  );
}
