import wgsl from '../../shaders/project-qkv.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { type InputNorm, inputNormParts } from './input-norm';
import { type CacheDtype, cacheOverride } from './kv-cache';
import { type Lanes, lanesWorkgroups } from './lanes';
import { DTYPE_CODE, type Matrix, matrixBindings } from './matrix';

export interface ProjectQkvShape {
  readonly heads: number;
  /** Even; heads · headSize is a multiple of 4. */
  readonly headSize: number;
  readonly cache: CacheDtype;
  readonly lanes: Lanes;
}

export interface ProjectQkvBuffers {
  readonly pass: BufferSlice;
  /** [rows, hidden] f32; hidden = heads · headSize. */
  readonly x: BufferSlice;
  /** [3 · hidden, hidden]: rows of q, then k, then v. */
  readonly weights: Matrix;
  /** [ring, headSize / 2] pairs (cos, sin) f32 of the position that each slot holds; see `ropeTurns`. */
  readonly turns: BufferSlice;
  /** [rows, heads, headSize / 2] f32 pairs of the features i and i + headSize / 2, written: q turned. */
  readonly q: BufferSlice;
  /** [ring, heads, headSize / 2] pairs of the cache's dtype, written at (position + row) mod ring: k turned. */
  readonly keys: BufferSlice;
  /** The same: v as it is. */
  readonly values: BufferSlice;
  /** Of x; of several lanes only. */
  readonly norm?: InputNorm;
}

/** x · weightsᵀ for a few rows of x, with `rope` on what comes out. A row is a row of the pass. */
export function projectQkv(
  pipelines: Pipelines,
  label: string,
  shape: ProjectQkvShape,
  buffers: ProjectQkvBuffers,
): Kernel {
  const { pass, x, weights, turns, q, keys, values } = buffers;
  const { heads, headSize, cache, lanes } = shape;
  const pairs = (3 * heads * headSize) / 2;
  const norm = inputNormParts(buffers.norm, x);
  return pipelines.bind(
    label,
    { stem: 'project-qkv', wgsl },
    {
      heads,
      head_size: headSize,
      dtype: DTYPE_CODE[weights.dtype],
      lanes,
      cache_f16: cacheOverride(cache),
      ...norm.constants,
    },
    [pass, x, ...matrixBindings(weights), turns, q, keys, values, ...norm.bindings],
    (rows) => lanesWorkgroups(rows, lanes, pairs, lanes === 1 ? 4 : 2),
  );
}
