import fewRows from '../../shaders/parts/few-rows.wgsl?raw';
import matrix from '../../shaders/parts/matrix.wgsl?raw';
import params from '../../shaders/parts/params.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import writeQkv from '../../shaders/parts/write-qkv.wgsl?raw';
import wgsl from '../../shaders/project-qkv.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { inputNormConstants } from './input-norm';
import { cacheOverride } from './kv-cache';
import { type Lanes, lanesSource, lanesWorkgroups, sourceFor, workgroupInvocations } from './lanes';
import { DTYPE_CODE, type Matrix, matrixBindings } from './matrix';
import type { QkvVectors } from './qkv-vectors';
import type { RopeShape } from './rope';

const SOURCE = lanesSource('project-qkv', [pass, params, matrix, fewRows, writeQkv, wgsl]);

/** The most invocations of a workgroup that every device has. */
const MOST_THREADS = 256;

export interface ProjectQkvShape extends RopeShape {
  /** Of x, and so of the weights; a multiple of 4. */
  readonly columns: number;
}

export interface ProjectQkvBuffers {
  readonly pass: BufferSlice;
  /** [rows, columns] f32. */
  readonly x: BufferSlice;
  /** [(heads + 2 · kvHeads) · headSize, columns]: rows of q, then k, then v. */
  readonly weights: Matrix;
  /** [ring, headSize / 2] pairs (cos, sin) f32 of the position that each slot holds; see `ropeTable`. */
  readonly ropeTable: BufferSlice;
  /** [rows, heads, headSize / 2] f32 pairs of the features i and i + headSize / 2, written: q rotated. */
  readonly q: BufferSlice;
  /** [ring, kvHeads, headSize / 2] pairs of the cache's dtype, written at (position + row) mod ring: k rotated. */
  readonly keys: BufferSlice;
  /** The same: v as it is. */
  readonly values: BufferSlice;
  /** Norm of x (which needs lanes > 1), bias and head norm (see `fusesHeadNorm`); see `packQkvVectors`. */
  readonly vectors?: QkvVectors | undefined;
}

/**
 * Whether `projectQkv` can apply a head norm: a workgroup then makes a whole head. Where it cannot, a matmul and
 * `rope` do the same in two steps.
 */
export function fusesHeadNorm(headSize: number, lanes: Lanes): boolean {
  return headSize % featuresTogether(lanes) === 0 && headThreads(headSize, lanes) <= MOST_THREADS;
}

/** Features that the same lanes make. */
function featuresTogether(lanes: Lanes): number {
  return lanes === 1 ? 8 : 4;
}

function headThreads(headSize: number, lanes: Lanes): number {
  return (headSize / featuresTogether(lanes)) * lanes;
}

/** x · weightsᵀ + bias for a few rows of x, then head norm and `rope`. A row is a row of the pass. */
export function projectQkv(
  pipelines: Pipelines,
  label: string,
  shape: ProjectQkvShape,
  buffers: ProjectQkvBuffers,
): Kernel {
  const { pass, x, weights, ropeTable, q, keys, values, vectors } = buffers;
  const { heads, kvHeads, headSize, columns, cache, lanes } = shape;
  const allHeads = heads + 2 * kvHeads;
  const constants = {
    heads,
    kv_heads: kvHeads,
    head_size: headSize,
    columns,
    dtype: DTYPE_CODE[weights.dtype],
    lanes,
    cache_f16: cacheOverride(cache),
    ...inputNormConstants(vectors?.norm),
    norm_biased: vectors?.norm?.biased ? 1 : 0,
    norm_bias_at: vectors?.at.normBias ?? 0,
    has_bias: vectors?.biased ? 1 : 0,
    bias_at: vectors?.at.bias ?? 0,
    head_normed: vectors?.headNorm ? 1 : 0,
    head_norm_epsilon: vectors?.headNorm?.epsilon ?? 0,
    q_norm_at: vectors?.at.qNorm ?? 0,
    k_norm_at: vectors?.at.kNorm ?? 0,
  };
  // The shader names the vectors in any case; x stands in unread where there are none.
  const bindings = [pass, x, ...matrixBindings(weights), ropeTable, q, keys, values, vectors?.slice ?? x];
  const threads = vectors?.headNorm ? headThreads(headSize, lanes) : workgroupInvocations(lanes);
  return pipelines.bind(label, sourceFor(SOURCE, pipelines.device, lanes, threads), constants, bindings, (rows) => {
    const grid = lanesWorkgroups(rows, lanes, (allHeads * headSize) / 2, featuresTogether(lanes) / 2);
    return vectors?.headNorm ? [allHeads, grid[1]] : grid;
  });
}
