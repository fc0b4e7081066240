/** Added to a score, it leaves nothing of the key after the softmax. */
const HIDDEN = -1e30;

/** A pass over whole blocks after `slots` filled slots of the ring. */
export interface BiasedPass {
  readonly rows: number;
  readonly slots: number;
  /** Absolute position of row 0. */
  readonly position: number;
  readonly ring: number;
  readonly blockSize: number;
}

/**
 * The input `bias` of `ortGraph`, [rows, slots + rows] f32: hides from every row the slots of the block
 * that this one evicts, and the rows of later blocks of the same pass.
 */
export function scoreBias({ rows, slots, position, ring, blockSize }: BiasedPass): Float32Array {
  const bias = new Float32Array(rows * (slots + rows));
  const evicted = position < ring ? slots : position % ring;
  for (let row = 0; row < rows; row++) {
    const from = row * (slots + rows);
    bias.fill(HIDDEN, from + evicted, from + Math.min(evicted + blockSize, slots));
    const seen = (Math.floor(row / blockSize) + 1) * blockSize;
    bias.fill(HIDDEN, from + slots + seen, from + slots + rows);
  }
  return bias;
}
