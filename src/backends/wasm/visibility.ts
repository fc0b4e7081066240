import { type PassRows, seesInDrafting } from '../drafting-pass';

/**
 * The rows of a pass over a ring of slots: row i is in the slot of `position` + i modulo the ring. As many tokens as
 * `position` says are in the cache, or were before they gave way.
 */
export interface RowsInRing extends PassRows {
  readonly ring: number;
  /** The first row of a pass begins a block; a last block may be short. */
  readonly blockSize: number;
  /** What a row sees of the pass: all rows to the end of its block, or none after itself. */
  readonly within: 'block' | 'causal';
}

/** Added to a score, it leaves nothing of the key after the softmax; −∞ would make NaN of a row without keys. */
const HIDDEN = -1e30;

export function slotsOf({ position, rows, ring }: RowsInRing): number[] {
  return Array.from({ length: rows }, (_, row) => (position + row) % ring);
}

/**
 * [rows, capacity]: hides from each row the slots that nothing was written to, those that the pass evicts, and the rows
 * of the pass that it must not see.
 */
export function attentionBias(pass: RowsInRing, capacity: number): Float32Array {
  const { position, rows, ring } = pass;
  const bias = new Float32Array(rows * capacity);
  const filled = Math.min(position, ring);
  const slots = slotsOf(pass);
  for (let row = 0; row < rows; row++) {
    const seen = bias.subarray(row * capacity, (row + 1) * capacity);
    seen.fill(HIDDEN, filled);
    for (const [other, slot] of slots.entries()) seen[slot] = sees(pass, row, other) ? 0 : HIDDEN;
  }
  return bias;
}

/** Whether a row of the pass sees another one. */
function sees({ window, within, blockSize }: RowsInRing, row: number, other: number): boolean {
  if (window > 0) return seesInDrafting(row, other, window);
  if (within === 'causal') return other <= row;
  return other < (Math.floor(row / blockSize) + 1) * blockSize;
}
