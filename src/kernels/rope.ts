import pass from '../../shaders/parts/pass.wgsl?raw';
import writeQkv from '../../shaders/parts/write-qkv.wgsl?raw';
import wgsl from '../../shaders/rope.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { forEachRopeAngle } from '../network/rope';
import { type CacheDtype, cacheOverride } from './kv-cache';
import type { Lanes } from './lanes';

const SOURCE = { stem: 'rope', wgsl: [pass, writeQkv, wgsl].join('\n') };

export interface RopeShape {
  /** Of q. */
  readonly heads: number;
  /** Of k, and of v. */
  readonly kvHeads: number;
  /** Even. */
  readonly headSize: number;
  readonly cache: CacheDtype;
  /** As in the matmuls. 1 selects small workgroups, for adapters with slow barriers. */
  readonly lanes: Lanes;
}

/** RMS norm of each head of q and of k, before RoPE. */
export interface HeadNorm {
  /** [headSize] f32: the weight for every head of q. */
  readonly q: BufferSlice;
  /** [headSize] f32: the weight for every head of k. */
  readonly k: BufferSlice;
  /** Added to the mean square. */
  readonly epsilon: number;
}

export interface RopeBuffers {
  readonly pass: BufferSlice;
  /** [rows, heads + 2 · kvHeads, headSize] f32: q, k and v of each row. */
  readonly qkv: BufferSlice;
  /** [ring, headSize / 2] pairs (cos, sin) f32 of the position that each slot holds; see `ropeTable`. */
  readonly ropeTable: BufferSlice;
  /** [rows, heads, headSize / 2] f32 pairs of the features i and i + headSize / 2, written: q rotated. */
  readonly q: BufferSlice;
  /** [ring, kvHeads, headSize / 2] pairs of the cache's dtype, written at (position + row) mod ring: k rotated. */
  readonly keys: BufferSlice;
  /** The same: v as it is. */
  readonly values: BufferSlice;
  readonly headNorm?: HeadNorm | undefined;
}

/** Head norm if there is one and RoPE, on q and k of each row; k and v go to the KV ring. A row is a row of the pass. */
export function rope(pipelines: Pipelines, label: string, shape: RopeShape, buffers: RopeBuffers): Kernel {
  const { pass, qkv, ropeTable, q, keys, values, headNorm } = buffers;
  const { heads, kvHeads, headSize, cache, lanes } = shape;
  const constants = {
    heads,
    kv_heads: kvHeads,
    head_size: headSize,
    cache_f16: cacheOverride(cache),
    head_normed: headNorm ? 1 : 0,
    head_norm_epsilon: headNorm?.epsilon ?? 0,
    threads: lanes === 1 ? 8 : 32,
  };
  // The shader names the norm's weights in any case; qkv stands in unread where there are none.
  const bindings = [pass, qkv, ropeTable, q, keys, values, headNorm?.q ?? qkv, headNorm?.k ?? qkv];
  return pipelines.bind(label, SOURCE, constants, bindings, (rows) => [heads + 2 * kvHeads, rows]);
}

/**
 * The part of a RoPE table for rows at these absolute positions: [rows, headSize / 2] pairs (cos, sin) of
 * position · base^(−2i / headSize), computed in f64 so that they stay exact however far the text goes.
 */
export function ropeTable(positions: readonly number[], headSize: number, base: number): Float32Array<ArrayBuffer> {
  const half = headSize / 2;
  const table = new Float32Array(positions.length * headSize);
  forEachRopeAngle({ headSize, ropeBase: base }, positions, (row, pair, angle) => {
    table[2 * (row * half + pair)] = Math.cos(angle);
    table[2 * (row * half + pair) + 1] = Math.sin(angle);
  });
  return table;
}
