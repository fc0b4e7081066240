export interface Draw {
  readonly seed: number;
  /** Keeps the numbers of one tensor apart from those of another. */
  readonly stream: number;
  /** The place of the first of the numbers in the stream. */
  readonly from: number;
  readonly centre: number;
  /** The standard deviation. */
  readonly spread: number;
}

/** Fills an array with numbers of a symmetric triangular distribution, each a function of its place in the stream. */
export function drawNumbers(numbers: Float32Array, { seed, stream, from, centre, spread }: Draw): void {
  // The sum of two of [0, 2¹⁶) has this deviation.
  const scale = spread / (2 ** 16 / Math.sqrt(6));
  const start = mixed(mixed(seed) ^ stream);
  for (let index = 0; index < numbers.length; index++) {
    const bits = mixed(start + Math.imul(from + index, 0x6d2b79f5));
    numbers[index] = centre + ((bits & 0xffff) + (bits >>> 16) - 65_535) * scale;
  }
}

/** 32 bits of which each depends on all of `x`: the finaliser of MurmurHash3. */
function mixed(x: number): number {
  let bits = x | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
