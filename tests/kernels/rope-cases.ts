import { ropeTurns } from '../../src/kernels/rope';
import type { RopeCase } from '../reference/rope';

/** name, then the case: blocks, rings and odd half head sizes. */
export const ROPE_CASES: readonly (readonly [name: string, shape: RopeCase])[] = [
  ['first row', { rows: 1, position: 0, ring: 4, heads: 1, headSize: 2, base: 10_000 }],
  ['block of 3', { rows: 3, position: 3, ring: 9, heads: 2, headSize: 6, base: 10_000 }],
  ['wrapped ring', { rows: 4, position: 36, ring: 32, heads: 4, headSize: 16, base: 500 }],
  ['block over the end of the ring', { rows: 5, position: 13, ring: 15, heads: 3, headSize: 50, base: 10_000 }],
  ['a full ring far into the text', { rows: 40, position: 1_000_000, ring: 40, heads: 1, headSize: 128, base: 10_000 }],
];

/** [ring, headSize / 2] turns: those of the rows in their slots, NaN in all others. */
export function turnsOfSlots({ position, rows, ring, headSize, base }: RopeCase): Float32Array<ArrayBuffer> {
  const slots = new Float32Array(ring * headSize).fill(Number.NaN);
  for (let row = 0; row < rows; row++) {
    slots.set(ropeTurns(position + row, 1, headSize, base), ((position + row) % ring) * headSize);
  }
  return slots;
}
