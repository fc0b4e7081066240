import { ropeTable } from '../../src/kernels/rope';
import type { RopeCase } from '../reference/rope';

/** name, then the case: blocks, rings, odd half head sizes, and query heads that share keys and values. */
export const ROPE_CASES: readonly (readonly [name: string, shape: RopeCase])[] = [
  ['first row', { rows: 1, position: 0, ring: 4, heads: 1, kvHeads: 1, headSize: 2, base: 10_000 }],
  ['block of 3', { rows: 3, position: 3, ring: 9, heads: 2, kvHeads: 2, headSize: 6, base: 10_000 }],
  ['wrapped ring', { rows: 4, position: 36, ring: 32, heads: 4, kvHeads: 2, headSize: 16, base: 500 }],
  ['over the end of the ring', { rows: 5, position: 13, ring: 15, heads: 3, kvHeads: 1, headSize: 50, base: 10_000 }],
  ['eight query heads', { rows: 2, position: 3, ring: 9, heads: 8, kvHeads: 1, headSize: 8, base: 10_000 }],
  ['far on', { rows: 40, position: 1_000_000, ring: 40, heads: 1, kvHeads: 1, headSize: 128, base: 10_000 }],
];

/** [ring, headSize / 2] pairs: those of the rows in their slots, NaN in all others. */
export function ropeTableOf({ position, rows, ring, headSize, base }: RopeCase): Float32Array<ArrayBuffer> {
  const slots = new Float32Array(ring * headSize).fill(Number.NaN);
  for (let row = 0; row < rows; row++) {
    slots.set(ropeTable([position + row], headSize, base), ((position + row) % ring) * headSize);
  }
  return slots;
}
