import wgsl from '../../shaders/prefill-attention.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';

export interface PrefillAttentionShape {
  readonly heads: number;
  /** Even, at most 128. */
  readonly headSize: number;
}

export interface PrefillAttentionBuffers {
  readonly pass: BufferSlice;
  /** [rows, heads, headSize] f32, after RoPE. */
  readonly q: BufferSlice;
  /** [ring, heads, headSize] f32. */
  readonly keys: BufferSlice;
  /** [ring, heads, headSize] f32. */
  readonly values: BufferSlice;
  /** [rows, heads, headSize] f32, written. */
  readonly out: BufferSlice;
}

/** Rows that share a key, as in the shader. */
const TILE = 16;

/**
 * Attention of many rows over the KV ring. Row i sees the slots
 * [0, min(position + (⌊i / blockSize⌋ + 1) · blockSize, ring)). A row is a row of the pass.
 */
export function prefillAttention(
  pipelines: Pipelines,
  label: string,
  shape: PrefillAttentionShape,
  buffers: PrefillAttentionBuffers,
): Kernel {
  const { pass, q, keys, values, out } = buffers;
  return pipelines.bind(
    label,
    { stem: 'prefill-attention', wgsl },
    { heads: shape.heads, head_size: shape.headSize },
    [pass, q, keys, values, out],
    (rows) => [shape.heads, Math.ceil(rows / TILE)],
  );
}
