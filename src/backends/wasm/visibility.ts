import type { TreeRow } from '../draft-tree';

/**
 * The rows of a pass over a ring of slots: row i is in the slot of `position` + i modulo the ring, which is its place in the
 * text too, unless the pass is one over a tree.
 */
export interface RowsInRing {
  /** Absolute, of the first row: so many tokens are in the cache, or were before they gave way. */
  readonly position: number;
  readonly rows: number;
  readonly ring: number;
  /** The first row of a pass begins a block; a last block may be short. */
  readonly blockSize: number;
  /** What a row sees of the pass: all rows to the end of its block, none after itself, or those of a tree. */
  readonly within: 'block' | 'causal' | readonly TreeRow[];
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
  const { position, rows, ring, blockSize, within } = pass;
  const bias = new Float32Array(rows * capacity);
  const filled = Math.min(position, ring);
  const slots = slotsOf(pass);
  const sees = (row: number, other: number) => {
    if (typeof within !== 'string') return ((within[row]!.seen >>> other) & 1) === 1;
    return other < (within === 'causal' ? row + 1 : (Math.floor(row / blockSize) + 1) * blockSize);
  };
  for (let row = 0; row < rows; row++) {
    const seen = bias.subarray(row * capacity, (row + 1) * capacity);
    seen.fill(HIDDEN, filled);
    for (const [other, slot] of slots.entries()) seen[slot] = sees(row, other) ? 0 : HIDDEN;
  }
  return bias;
}

/** Where each row is in the text. */
export function positionsOf({ position, rows, within }: RowsInRing): number[] {
  return Array.from({ length: rows }, (_, row) => position + (typeof within === 'string' ? row : within[row]!.place));
}
