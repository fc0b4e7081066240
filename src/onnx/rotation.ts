/**
 * Before x and W are rounded to bytes, each run of `size` input features is multiplied by a Hadamard matrix H, x by
 * H / size and W by H: H · H = size · I, so that x · Wᵀ stays the same. A feature of x that is far larger than the
 * others, as transformers have, would cost all others their levels; turned, it is spread over its run.
 */
const LARGEST = 64;

/** Features that are turned together: a power of two that divides them. */
export function rotationSize(features: number): number {
  let size = 1;
  while (size < LARGEST && features % (2 * size) === 0) size *= 2;
  return size;
}

/** H / size [size, size]. */
export function rotationMatrix(size: number): Float32Array {
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1 / size;
  rotate(matrix, size);
  return matrix;
}

/**
 * Multiplies each run of `size` numbers by H, in place: the fast Walsh-Hadamard transform, two of its steps at a time.
 * The loops are written for speed: a model has 100 million numbers to turn.
 */
export function rotate(numbers: Float32Array | Float64Array, size: number): void {
  let half = 1;
  for (; 4 * half <= size; half *= 4) {
    for (let first = 0; first < numbers.length; first += 4 * half) {
      for (let i = first; i < first + half; i++) {
        const a = numbers[i]!;
        const b = numbers[i + half]!;
        const c = numbers[i + 2 * half]!;
        const d = numbers[i + 3 * half]!;
        numbers[i] = a + b + (c + d);
        numbers[i + half] = a - b + (c - d);
        numbers[i + 2 * half] = a + b - (c + d);
        numbers[i + 3 * half] = a - b - (c - d);
      }
    }
  }
  if (half === size) return;
  for (let first = 0; first < numbers.length; first += 2 * half) {
    for (let i = first; i < first + half; i++) {
      const a = numbers[i]!;
      const b = numbers[i + half]!;
      numbers[i] = a + b;
      numbers[i + half] = a - b;
    }
  }
}
