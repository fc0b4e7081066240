import wgsl from '../../shaders/block-attention.wgsl?raw';
import params from '../../shaders/parts/params.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import readRing from '../../shaders/parts/read-ring.wgsl?raw';
import visibleSlots from '../../shaders/parts/visible-slots.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { type CacheDtype, cacheOverride } from './kv-cache';
import type { Lanes } from './lanes';

const SOURCE = { stem: 'block-attention', wgsl: [pass, params, visibleSlots, readRing, wgsl].join('\n') };

/** The most features of a head, as in the shader of prefill attention. */
export const MAX_HEAD_SIZE = 128;

/**
 * Slots of a chunk. A workgroup walks them one after the other, so that few of them and a second dispatch are faster on
 * a GPU; on a software adapter, which is busy with few workgroups, a dispatch costs more than it saves.
 */
const GPU_CHUNK = 64;
const SOFTWARE_CHUNK = 256;

/** What `sums` of a long ring may take: 32 MiB. */
const MOST_SUMS = 2 ** 23;

/** Queries that share a key, as in the shader. */
const TILE = 16;

export interface BlockAttentionShape {
  /** Of q; a multiple of `kvHeads`. */
  readonly heads: number;
  /** Of k and v. Query head h reads KV head ⌊h / (heads / kvHeads)⌋. */
  readonly kvHeads: number;
  /** Even. */
  readonly headSize: number;
  readonly cache: CacheDtype;
  /** Slots that the KV buffers hold, at least the ring of any pass. */
  readonly ringCapacity: number;
  /** Slots that one workgroup attends to. */
  readonly chunk: number;
  /** As in the matmuls. 1 selects small workgroups, for adapters with slow barriers. */
  readonly lanes: Lanes;
}

export interface BlockAttentionBuffers {
  readonly pass: BufferSlice;
  /** [rows, heads, headSize / 2] f32 pairs of the features i and i + headSize / 2, after RoPE. */
  readonly q: BufferSlice;
  /** [ring, kvHeads, headSize / 2] pairs of the cache's dtype. */
  readonly keys: BufferSlice;
  /** The same. */
  readonly values: BufferSlice;
  /** `attentionScores` f32, for its own use. */
  readonly scores: BufferSlice;
  /** [chunks, rows, heads, headSize] f32, written: weighted sums of each chunk of slots; of one chunk the attention. */
  readonly sums: BufferSlice;
  /** [chunks, rows, heads] (peak, total weight), written. */
  readonly weights: BufferSlice;
}

/** Slots of a chunk that suit the adapter, for passes of up to so many rows; more where the sums would take too much. */
export function attentionChunk(
  { heads, headSize, ringCapacity, lanes }: Pick<BlockAttentionShape, 'heads' | 'headSize' | 'ringCapacity' | 'lanes'>,
  rows: number,
): number {
  let chunk = lanes === 1 ? SOFTWARE_CHUNK : GPU_CHUNK;
  while (attentionChunks({ ringCapacity, chunk }) * rows * heads * headSize > MOST_SUMS) chunk *= 2;
  return chunk;
}

/** Chunks that the ring is split into: the first axis of `sums` and `weights`. */
export function attentionChunks({ ringCapacity, chunk }: Pick<BlockAttentionShape, 'ringCapacity' | 'chunk'>): number {
  return Math.ceil(ringCapacity / chunk);
}

/** How many scores of up to so many rows the kernel keeps: [tiles, kvHeads, chunks, chunk, 16]. */
export function attentionScores(
  shape: Omit<BlockAttentionShape, 'headSize' | 'cache' | 'lanes'>,
  rows: number,
): number {
  return tiles(shape, rows) * shape.kvHeads * attentionChunks(shape) * shape.chunk * TILE;
}

/** Tiles of queries that each KV head has. */
function tiles({ heads, kvHeads }: Pick<BlockAttentionShape, 'heads' | 'kvHeads'>, rows: number): number {
  return Math.ceil((rows * heads) / kvHeads / TILE);
}

/**
 * Attention of a few rows over the KV ring; see parts/visible-slots.wgsl for what a row sees. Where the ring has more
 * than one chunk, `mergeAttention` must finish it. A row is a row of the pass.
 */
export function blockAttention(
  pipelines: Pipelines,
  label: string,
  shape: BlockAttentionShape,
  buffers: BlockAttentionBuffers,
): Kernel {
  const { pass, q, keys, values, scores, sums, weights } = buffers;
  const { heads, kvHeads, headSize, cache, chunk, lanes } = shape;
  const chunks = attentionChunks(shape);
  return pipelines.bind(
    label,
    SOURCE,
    {
      heads,
      kv_heads: kvHeads,
      head_size: headSize,
      chunk,
      chunks,
      threads: lanes === 1 ? 8 : 64,
      cache_f16: cacheOverride(cache),
    },
    [pass, q, keys, values, scores, sums, weights],
    (rows) => [chunks, kvHeads, tiles(shape, rows)],
  );
}
