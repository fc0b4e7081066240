import wgsl from '../../shaders/rope.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { type CacheDtype, cacheOverride } from './kv-cache';

export interface RopeShape {
  readonly heads: number;
  /** Even. */
  readonly headSize: number;
  readonly cache: CacheDtype;
}

export interface RopeBuffers {
  readonly pass: BufferSlice;
  /** [rows, 3, heads, headSize] f32: q, k and v of each row. */
  readonly qkv: BufferSlice;
  /** [ring, headSize / 2] pairs (cos, sin) f32 of the position that each slot holds; see `ropeTurns`. */
  readonly turns: BufferSlice;
  /** [rows, heads, headSize / 2] f32 pairs of the features i and i + headSize / 2, written: q turned. */
  readonly q: BufferSlice;
  /** [ring, heads, headSize / 2] pairs of the cache's dtype, written at (position + row) mod ring: k turned. */
  readonly keys: BufferSlice;
  /** The same: v as it is. */
  readonly values: BufferSlice;
}

/** RoPE on the q and k of each row; k and v go to the KV ring. A row is a row of the pass. */
export function rope(pipelines: Pipelines, label: string, shape: RopeShape, buffers: RopeBuffers): Kernel {
  const { pass, qkv, turns, q, keys, values } = buffers;
  const pairs = (shape.heads * shape.headSize) / 2;
  return pipelines.bind(
    label,
    { stem: 'rope', wgsl },
    { heads: shape.heads, head_size: shape.headSize, cache_f16: cacheOverride(shape.cache) },
    [pass, qkv, turns, q, keys, values],
    (rows) => [Math.ceil(pairs / 64), rows],
  );
}

/**
 * The turns of `rows` rows from an absolute position on: [rows, headSize / 2] pairs (cos, sin) of
 * position · base^(−2i / headSize), computed in f64 so that they stay exact however far the text goes.
 */
export function ropeTurns(position: number, rows: number, headSize: number, base: number): Float32Array<ArrayBuffer> {
  const half = headSize / 2;
  const turns = new Float32Array(rows * headSize);
  for (let i = 0; i < half; i++) {
    const frequency = base ** ((-2 * i) / headSize);
    for (let row = 0; row < rows; row++) {
      const angle = (position + row) * frequency;
      turns[2 * (row * half + i)] = Math.cos(angle);
      turns[2 * (row * half + i) + 1] = Math.sin(angle);
    }
  }
  return turns;
}
