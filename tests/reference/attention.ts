/** One pass of `rows` rows at `position` over a ring of `ring` slots. */
export interface AttentionCase {
  readonly rows: number;
  readonly position: number;
  readonly blockSize: number;
  readonly ring: number;
  /** Of q. */
  readonly heads: number;
  /** Of keys and values: query head h reads KV head ⌊h / (heads / kvHeads)⌋. */
  readonly kvHeads: number;
  readonly headSize: number;
  /** Of a pass over a tree, for each row: the rows of the pass that it sees. */
  readonly seen?: readonly (readonly number[])[];
}

/** The slots that a row sees: all that were ever filled, but for those of rows of the pass that it must not see. */
export function visibleSlots(shape: AttentionCase, row: number): number[] {
  const { rows, position, ring } = shape;
  const slots: number[] = [];
  for (let slot = 0; slot < Math.min(position + rows, ring); slot++) {
    let isHidden = false;
    for (let other = 0; other < rows; other++) {
      const isSameSlot = (position + other) % ring === slot;
      if (isSameSlot && !sees(shape, row, other)) isHidden = true;
    }
    if (!isHidden) slots.push(slot);
  }
  return slots;
}

/** Whether a row of the pass sees another one: not those of later blocks, nor of another branch. */
function sees({ blockSize, seen }: AttentionCase, row: number, other: number): boolean {
  if (seen) return seen[row]!.includes(other);
  return Math.floor(other / blockSize) <= Math.floor(row / blockSize);
}

/**
 * softmax(q · kᵀ / √headSize) · v of each row and head, in f64.
 * q [rows, heads, headSize]; keys and values [ring, kvHeads, headSize]; returns [rows, heads, headSize].
 */
export function attention(
  shape: AttentionCase,
  q: Float32Array,
  keys: Float32Array,
  values: Float32Array,
): Float32Array {
  const { rows, heads, kvHeads, headSize } = shape;
  const out = new Float32Array(rows * heads * headSize);
  for (let row = 0; row < rows; row++) {
    const slots = visibleSlots(shape, row);
    for (let head = 0; head < heads; head++) {
      const from = (row * heads + head) * headSize;
      const kvHead = Math.floor(head / (heads / kvHeads));
      const kvFrom = (slot: number) => (slot * kvHeads + kvHead) * headSize;
      const scores = slots.map((slot) => {
        let dot = 0;
        for (let d = 0; d < headSize; d++) dot += q[from + d]! * keys[kvFrom(slot) + d]!;
        return dot / Math.sqrt(headSize);
      });
      const peak = scores.reduce((a, b) => Math.max(a, b));
      const weights = scores.map((score) => Math.exp(score - peak));
      const total = weights.reduce((a, b) => a + b);
      for (let d = 0; d < headSize; d++) {
        let sum = 0;
        for (const [index, slot] of slots.entries()) sum += weights[index]! * values[kvFrom(slot) + d]!;
        out[from + d] = sum / total;
      }
    }
  }
  return out;
}
