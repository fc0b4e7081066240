import type { BufferSlice, Buffers } from '../../src/gpu/buffers';
import type { Kernel } from '../../src/gpu/kernel';
import type { CacheDtype } from '../../src/kernels/kv-cache';
import { type AttentionCase, attention } from '../reference/attention';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { randomArray } from './numbers';
import { toPairs, uploadRing } from './pairs';

/**
 * name, then the case: awkward caches, blocks and head sizes, kept small for software adapters. Few pairs of heads
 * and head size, since each is a pipeline to compile.
 */
export const ATTENTION_CASES: readonly (readonly [name: string, shape: AttentionCase])[] = [
  ['empty cache, one row', { rows: 1, position: 0, blockSize: 1, ring: 8, heads: 2, headSize: 6 }],
  ['empty cache, block of 3', { rows: 3, position: 0, blockSize: 3, ring: 9, heads: 2, headSize: 6 }],
  ['cache of one block', { rows: 4, position: 4, blockSize: 4, ring: 32, heads: 4, headSize: 16 }],
  ['ring just filled', { rows: 4, position: 28, blockSize: 4, ring: 32, heads: 4, headSize: 16 }],
  ['wrapped ring', { rows: 4, position: 44, blockSize: 4, ring: 32, heads: 4, headSize: 16 }],
  ['partial last chunk of slots', { rows: 3, position: 66, blockSize: 3, ring: 141, heads: 2, headSize: 6 }],
  ['three chunks, block of 32', { rows: 32, position: 128, blockSize: 32, ring: 192, heads: 2, headSize: 64 }],
  ['widest head', { rows: 2, position: 70, blockSize: 2, ring: 80, heads: 1, headSize: 128 }],
  ['single rows, causal', { rows: 7, position: 0, blockSize: 1, ring: 7, heads: 2, headSize: 34 }],
  ['blocks among themselves', { rows: 21, position: 0, blockSize: 3, ring: 30, heads: 4, headSize: 16 }],
  ['blocks across chunks', { rows: 72, position: 0, blockSize: 4, ring: 72, heads: 2, headSize: 6 }],
];

/** Sums of up to 192 weighted values of size 1 in f32, against f64. */
const TOLERANCE = { atol: 2e-5, rtol: 2e-5 };
/** Stands where a kernel must not read; an f16 too. */
export const GARBAGE = 6e4;

export interface AttentionInputs {
  readonly pass: BufferSlice;
  readonly q: BufferSlice;
  readonly keys: BufferSlice;
  readonly values: BufferSlice;
  readonly out: BufferSlice;
}

/** The kernels that attend, to run in order. */
export type Attend = (
  shape: AttentionCase & { readonly cache: CacheDtype },
  inputs: AttentionInputs,
) => readonly Kernel[];

/** Runs attention over random numbers, the queries in [−spread, spread), and compares with the reference. */
export async function expectAttention(
  device: GPUDevice,
  buffers: Buffers,
  shape: AttentionCase,
  attend: Attend,
  spread: number,
  cache: CacheDtype = 'f32',
): Promise<void> {
  const hidden = shape.heads * shape.headSize;
  const q = randomArray(shape.rows * hidden, 1).map((x) => x * spread);
  const keys = randomArray(shape.ring * hidden, 2);
  const values = randomArray(shape.ring * hidden, 3);
  const filled = Math.min(shape.position + shape.rows, shape.ring);
  keys.fill(GARBAGE, filled * hidden);
  values.fill(GARBAGE, filled * hidden);
  const out = buffers.storage('out', q.byteLength);
  const [keyRing, valueRing] = [keys, values].map((ring) => uploadRing(device, buffers, ring, shape.headSize, cache));
  const kernels = attend(
    { ...shape, cache },
    {
      pass: uploadPass(device, buffers, shape),
      q: upload(device, buffers, 'q', toPairs(q, shape.headSize)),
      keys: keyRing!.slice,
      values: valueRing!.slice,
      out,
    },
  );
  runKernels(device, ...kernels.map((kernel) => [kernel, shape.rows] as const));
  const computed = new Float32Array(await download(device, buffers, out), 0, q.length);
  expectClose(computed, attention(shape, q, keyRing!.held, valueRing!.held), TOLERANCE);
}
