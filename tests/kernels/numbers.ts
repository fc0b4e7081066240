import { uniform } from '../../src/backends/random';

/** `length` numbers uniform in [−1, 1), the same for the same seed. */
export function randomArray(length: number, seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, index) => 2 * uniform(seed, 99, 0, index) - 1);
}
