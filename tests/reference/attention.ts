/** One pass of `rows` rows at `position` over a ring of `ring` slots. */
export interface AttentionCase {
  readonly rows: number;
  readonly position: number;
  readonly blockSize: number;
  readonly ring: number;
  readonly heads: number;
  readonly headSize: number;
}

/** Slots that a row sees: those filled before its block, and its block. */
export function visibleSlots({ position, blockSize, ring }: AttentionCase, row: number): number {
  return Math.min(position + (Math.floor(row / blockSize) + 1) * blockSize, ring);
}

/**
 * softmax(q · kᵀ / √headSize) · v of each row and head, in f64.
 * q [rows, heads, headSize]; keys and values [ring, heads, headSize]; returns [rows, heads, headSize].
 */
export function attention(
  shape: AttentionCase,
  q: Float32Array,
  keys: Float32Array,
  values: Float32Array,
): Float32Array {
  const { rows, heads, headSize } = shape;
  const hidden = heads * headSize;
  const out = new Float32Array(rows * hidden);
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      const scores: number[] = [];
      for (let slot = 0; slot < visibleSlots(shape, row); slot++) {
        let dot = 0;
        for (let d = head * headSize; d < (head + 1) * headSize; d++) {
          dot += q[row * hidden + d]! * keys[slot * hidden + d]!;
        }
        scores.push(dot / Math.sqrt(headSize));
      }
      const peak = scores.reduce((a, b) => Math.max(a, b));
      const weights = scores.map((score) => Math.exp(score - peak));
      const total = weights.reduce((a, b) => a + b);
      for (let d = head * headSize; d < (head + 1) * headSize; d++) {
        let sum = 0;
        weights.forEach((weight, slot) => {
          sum += weight * values[slot * hidden + d]!;
        });
        out[row * hidden + d] = sum / total;
      }
    }
  }
  return out;
}
