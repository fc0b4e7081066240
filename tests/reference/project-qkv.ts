import { matmul } from './matmul';
import { type HeadNormCase, type RopeCase, rope } from './rope';

export interface ProjectQkvCase extends RopeCase {
  /** Of x and of the weights. */
  readonly columns: number;
}

/**
 * x [rows, columns] · weights [(heads + 2 · kvHeads) · headSize, columns]ᵀ + bias, then `rope`: returns q turned; the
 * ring buffers get k turned and v plain in the slots of the rows.
 */
export function projectQkv(
  shape: ProjectQkvCase,
  x: Float32Array,
  weights: Float32Array,
  keys: Float32Array,
  values: Float32Array,
  { bias, headNorm }: { readonly bias?: Float32Array | undefined; readonly headNorm?: HeadNormCase | undefined } = {},
): Float32Array {
  const { rows, heads, kvHeads, headSize, columns } = shape;
  const size = { rows, features: (heads + 2 * kvHeads) * headSize, columns, epilogue: 'none' } as const;
  return rope(shape, matmul(size, x, weights, bias, new Float32Array()), keys, values, headNorm);
}
