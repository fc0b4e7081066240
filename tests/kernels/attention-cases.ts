import type { BufferSlice, Buffers } from '../../src/gpu/buffers';
import type { Kernel } from '../../src/gpu/kernel';
import type { CacheDtype } from '../../src/kernels/kv-cache';
import { type AttentionCase, attention } from '../reference/attention';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { randomArray } from './numbers';
import { toPairs, uploadRing } from './pairs';

const TWO_HEADS = { heads: 2, kvHeads: 2, headSize: 6 };
const PAIRS = { heads: 4, kvHeads: 2, headSize: 16 };
const TRIPLES = { heads: 6, kvHeads: 2, headSize: 10 };
const EIGHT = { heads: 8, kvHeads: 1, headSize: 8 };
const WIDE = { heads: 2, kvHeads: 2, headSize: 64 };

/** The number that has these bits. */
const bits = (set: readonly number[]) => set.reduce((number, bit) => number + 2 ** bit, 0);

/** Rows whose parents these are, and after them for each one a draft of so many masks. */
function tree(parents: readonly number[], masks: number): { rows: number; seen: number[][] } {
  const seen: number[][] = [];
  for (const [row, parent] of parents.entries()) seen.push([...(seen[parent] ?? []), row]);
  for (const row of parents.keys()) {
    const draft = Array.from({ length: masks }, (_, mask) => parents.length + row * masks + mask);
    for (const _ of draft) seen.push([...seen[row]!, ...draft]);
  }
  return { rows: seen.length, seen };
}

/**
 * name, then the case: awkward caches, blocks, head sizes and groups of query heads, kept small for software adapters.
 * Few pairs of heads and head size, since each is a pipeline to compile.
 */
export const ATTENTION_CASES: readonly (readonly [name: string, shape: AttentionCase])[] = [
  ['empty cache, one row', { rows: 1, position: 0, blockSize: 1, ring: 8, ...TWO_HEADS }],
  ['empty cache, block of 3', { rows: 3, position: 0, blockSize: 3, ring: 9, ...TWO_HEADS }],
  ['cache of one block', { rows: 4, position: 4, blockSize: 4, ring: 32, ...PAIRS }],
  ['ring just filled', { rows: 4, position: 28, blockSize: 4, ring: 32, ...PAIRS }],
  ['wrapped ring', { rows: 4, position: 44, blockSize: 4, ring: 32, ...PAIRS }],
  ['block over the end of the ring', { rows: 4, position: 30, blockSize: 4, ring: 32, ...PAIRS }],
  ['two blocks, the second over the end of the ring', { rows: 6, position: 10, blockSize: 3, ring: 15, ...TRIPLES }],
  ['two blocks in a full ring', { rows: 6, position: 27, blockSize: 3, ring: 15, ...TRIPLES }],
  ['partial last chunk of slots', { rows: 3, position: 66, blockSize: 3, ring: 141, ...TWO_HEADS }],
  ['three chunks, block of 32', { rows: 32, position: 128, blockSize: 32, ring: 192, ...WIDE }],
  ['widest head', { rows: 2, position: 70, blockSize: 2, ring: 80, heads: 1, kvHeads: 1, headSize: 128 }],
  ['eight query heads, one row', { rows: 1, position: 70, blockSize: 1, ring: 72, ...EIGHT }],
  ['eight query heads, causal in a full ring', { rows: 5, position: 154, blockSize: 1, ring: 72, ...EIGHT }],
  ['single rows, causal', { rows: 7, position: 0, blockSize: 1, ring: 7, heads: 2, kvHeads: 2, headSize: 34 }],
  ['single rows, causal, over the end of the ring', { rows: 7, position: 67, blockSize: 1, ring: 70, ...TWO_HEADS }],
  ['single rows, causal, chunks apart', { rows: 9, position: 1404, blockSize: 1, ring: 140, ...TRIPLES }],
  ['a ring full of single rows', { rows: 20, position: 47, blockSize: 1, ring: 20, ...TRIPLES }],
  ['a last block that is short', { rows: 8, position: 5, blockSize: 3, ring: 40, ...TRIPLES }],
  ['blocks among themselves', { rows: 21, position: 0, blockSize: 3, ring: 30, ...PAIRS }],
  ['a tree on an empty cache', { ...tree([-1, 0, 0], 1), position: 0, blockSize: 1, ring: 8, ...TWO_HEADS }],
  ['a tree to the end of the ring', { ...tree([-1, 0, 1], 2), position: 6, blockSize: 1, ring: 15, ...TRIPLES }],
  ['drafts apart from their chain', { ...tree([-1, 0, 1, 2, 0], 3), position: 60, blockSize: 1, ring: 90, ...PAIRS }],
  ['one id and its draft', { ...tree([-1], 3), position: 21, blockSize: 1, ring: 30, ...PAIRS }],
  ['a tree of 32 rows', { ...tree([-1, 0, 1, 2, 3, 4, 2, 2], 3), position: 5, blockSize: 1, ring: 64, ...TRIPLES }],
  ['a chain past the ring', { ...tree([-1, 0, 1], 0), position: 22, blockSize: 1, ring: 12, ...TWO_HEADS }],
  ['a tree in a third chunk', { ...tree([-1, 0, 1, 1, 0], 4), position: 130, blockSize: 1, ring: 160, ...EIGHT }],
  ['blocks across chunks', { rows: 72, position: 0, blockSize: 4, ring: 72, ...TWO_HEADS }],
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
  const cacheWidth = shape.kvHeads * shape.headSize;
  const q = randomArray(shape.rows * shape.heads * shape.headSize, 1).map((x) => x * spread);
  const keys = randomArray(shape.ring * cacheWidth, 2);
  const values = randomArray(shape.ring * cacheWidth, 3);
  const filled = Math.min(shape.position + shape.rows, shape.ring);
  keys.fill(GARBAGE, filled * cacheWidth);
  values.fill(GARBAGE, filled * cacheWidth);
  const out = buffers.storage('out', q.byteLength);
  const [keyRing, valueRing] = [keys, values].map((ring) => uploadRing(device, buffers, ring, shape.headSize, cache));
  const kernels = attend(
    { ...shape, cache },
    {
      pass: uploadPass(device, buffers, { ...shape, seen: (shape.seen ?? []).map(bits) }),
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
