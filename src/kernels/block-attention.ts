import wgsl from '../../shaders/block-attention.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';

/** Ring slots that one workgroup attends to, as in the shader. */
export const ATTENTION_CHUNK = 64;
/** The most rows that can share a key in one workgroup, as in the shader. */
export const ATTENTION_TILE = 16;

/** The most features of a head, as in the shader and that of prefill attention. */
export const MAX_HEAD_SIZE = 128;

export interface BlockAttentionShape {
  readonly heads: number;
  /** Even, at most MAX_HEAD_SIZE. */
  readonly headSize: number;
  /** Slots that the KV buffers hold, at least the ring of any pass. */
  readonly ringCapacity: number;
  /** Rows that share a key in one workgroup, 1 … ATTENTION_TILE: best the block size, or a divisor of it. */
  readonly tile: number;
}

export interface BlockAttentionBuffers {
  readonly pass: BufferSlice;
  /** [rows, heads, headSize] f32, after RoPE. */
  readonly q: BufferSlice;
  /** [ring, heads, headSize] f32. */
  readonly keys: BufferSlice;
  /** [ring, heads, headSize] f32. */
  readonly values: BufferSlice;
  /** [chunks, rows, heads, headSize] f32, written: weighted sums of each chunk of slots. */
  readonly sums: BufferSlice;
  /** [chunks, rows, heads] (peak, total weight), written. */
  readonly weights: BufferSlice;
}

/** Chunks that a ring of this capacity is split into: the first axis of `sums` and `weights`. */
export function attentionChunks(ringCapacity: number): number {
  return Math.ceil(ringCapacity / ATTENTION_CHUNK);
}

/**
 * Attention of a few rows over the KV ring in chunks, to be finished by `mergeAttention`. Row i sees the
 * slots [0, min(position + (⌊i / blockSize⌋ + 1) · blockSize, ring)). A row is a row of the pass.
 */
export function blockAttention(
  pipelines: Pipelines,
  label: string,
  shape: BlockAttentionShape,
  buffers: BlockAttentionBuffers,
): Kernel {
  const { pass, q, keys, values, sums, weights } = buffers;
  const chunks = attentionChunks(shape.ringCapacity);
  return pipelines.bind(
    label,
    { stem: 'block-attention', wgsl },
    { heads: shape.heads, head_size: shape.headSize, tile: shape.tile },
    [pass, q, keys, values, sums, weights],
    (rows) => [chunks, shape.heads, Math.ceil(rows / shape.tile)],
  );
}
