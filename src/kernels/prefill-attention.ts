import params from '../../shaders/parts/params.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import readRing from '../../shaders/parts/read-ring.wgsl?raw';
import visibleSlots from '../../shaders/parts/visible-slots.wgsl?raw';
import wgsl from '../../shaders/prefill-attention.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { type CacheDtype, cacheOverride } from './kv-cache';

const SOURCE = { stem: 'prefill-attention', wgsl: [pass, params, visibleSlots, readRing, wgsl].join('\n') };

export interface PrefillAttentionShape {
  /** Of q; a multiple of `kvHeads`. */
  readonly heads: number;
  /** Of k and v. Query head h reads KV head ⌊h / (heads / kvHeads)⌋. */
  readonly kvHeads: number;
  /** Even, at most 128. */
  readonly headSize: number;
  readonly cache: CacheDtype;
}

export interface PrefillAttentionBuffers {
  readonly pass: BufferSlice;
  /** [rows, heads, headSize / 2] f32 pairs of the features i and i + headSize / 2, after RoPE. */
  readonly q: BufferSlice;
  /** [ring, kvHeads, headSize / 2] pairs of the cache's dtype. */
  readonly keys: BufferSlice;
  /** The same. */
  readonly values: BufferSlice;
  /** [rows, heads, headSize] f32, written. */
  readonly out: BufferSlice;
}

/** Rows that share a key, as in the shader. */
const TILE = 16;

/** Attention of many rows over the KV ring; see parts/visible-slots.wgsl for what a row sees. A row is a row of the pass. */
export function prefillAttention(
  pipelines: Pipelines,
  label: string,
  shape: PrefillAttentionShape,
  buffers: PrefillAttentionBuffers,
): Kernel {
  const { pass, q, keys, values, out } = buffers;
  return pipelines.bind(
    label,
    SOURCE,
    {
      heads: shape.heads,
      kv_heads: shape.kvHeads,
      head_size: shape.headSize,
      cache_f16: cacheOverride(shape.cache),
    },
    [pass, q, keys, values, out],
    (rows) => [shape.heads, Math.ceil(rows / TILE)],
  );
}
