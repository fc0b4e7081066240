import { matmul } from './matmul';
import { type RopeCase, rope } from './rope';

/**
 * x [rows, hidden] · weights [3 · hidden, hidden]ᵀ, then `rope`: returns q turned; the ring buffers get k turned
 * and v plain in the slots of the rows.
 */
export function projectQkv(
  shape: RopeCase,
  x: Float32Array,
  weights: Float32Array,
  keys: Float32Array,
  values: Float32Array,
): Float32Array {
  const hidden = shape.heads * shape.headSize;
  const size = { rows: shape.rows, features: 3 * hidden, columns: hidden, epilogue: 'none' } as const;
  const qkv = matmul(size, x, weights, undefined, new Float32Array());
  return rope(shape, qkv, keys, values);
}
