/** One pass of `rows` rows at `position` over a ring of `ring` slots. */
export interface RopeCase {
  readonly rows: number;
  readonly position: number;
  readonly ring: number;
  readonly heads: number;
  readonly headSize: number;
  readonly base: number;
}

/** x [headSize] turned as at `position`: the pair (i, i + headSize / 2) by position · base^(−2i / headSize). */
export function turn(x: readonly number[], position: number, base: number): number[] {
  const half = x.length / 2;
  const turned = [...x];
  for (let i = 0; i < half; i++) {
    const angle = position * base ** ((-2 * i) / x.length);
    turned[i] = x[i]! * Math.cos(angle) - x[i + half]! * Math.sin(angle);
    turned[i + half] = x[i + half]! * Math.cos(angle) + x[i]! * Math.sin(angle);
  }
  return turned;
}

/**
 * qkv [rows, 3, heads, headSize] → q [rows, heads, headSize] turned; the ring buffers
 * [ring, heads, headSize] get k turned and v plain in the slots of the rows.
 */
export function rope(
  { rows, position, ring, heads, headSize, base }: RopeCase,
  qkv: Float32Array,
  keys: Float32Array,
  values: Float32Array,
): Float32Array {
  const hidden = heads * headSize;
  const q = new Float32Array(rows * hidden);
  for (let row = 0; row < rows; row++) {
    const slot = (position + row) % ring;
    for (let head = 0; head < heads; head++) {
      const part = (which: number) => {
        const from = (row * 3 + which) * hidden + head * headSize;
        return [...qkv.subarray(from, from + headSize)];
      };
      q.set(turn(part(0), position + row, base), row * hidden + head * headSize);
      keys.set(turn(part(1), position + row, base), slot * hidden + head * headSize);
      values.set(part(2), slot * hidden + head * headSize);
    }
  }
  return q;
}
