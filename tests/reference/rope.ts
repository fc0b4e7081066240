import { norm } from './norm';

/** One pass of `rows` rows at `position` over a ring of `ring` slots. */
export interface RopeCase {
  readonly rows: number;
  readonly position: number;
  readonly ring: number;
  /** Of q. */
  readonly heads: number;
  /** Of k, and of v. */
  readonly kvHeads: number;
  readonly headSize: number;
  readonly base: number;
}

/** RMS norm of each head of q and of k, with weights [headSize]. */
export interface HeadNormCase {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly epsilon: number;
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
 * qkv [rows, heads + 2 · kvHeads, headSize] → q [rows, heads, headSize] normalised and turned; the ring buffers
 * [ring, kvHeads, headSize] get k normalised and turned, and v plain, in the slots of the rows.
 */
export function rope(
  { rows, position, ring, heads, kvHeads, headSize, base }: RopeCase,
  qkv: Float32Array,
  keys: Float32Array,
  values: Float32Array,
  headNorm?: HeadNormCase,
): Float32Array {
  const q = new Float32Array(rows * heads * headSize);
  for (let row = 0; row < rows; row++) {
    const head = (index: number): Float32Array => {
      const from = (row * (heads + 2 * kvHeads) + index) * headSize;
      return qkv.subarray(from, from + headSize);
    };
    const rotated = (index: number, weight: Float32Array | undefined): number[] => {
      const x = weight ? norm({ kind: 'rms', weight, epsilon: headNorm!.epsilon }, head(index)) : head(index);
      return turn([...x], position + row, base);
    };
    for (let h = 0; h < heads; h++) q.set(rotated(h, headNorm?.q), (row * heads + h) * headSize);
    for (let h = 0; h < kvHeads; h++) {
      const slot = (position + row) % ring;
      keys.set(rotated(heads + h, headNorm?.k), (slot * kvHeads + h) * headSize);
      values.set(head(heads + kvHeads + h), (slot * kvHeads + h) * headSize);
    }
  }
  return q;
}
