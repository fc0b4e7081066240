import { encodeHalves } from '../checkpoint/floats';
import type { WeightDtype } from '../model/format/packing';
import type { Matrix } from '../network/network';
import { quantize } from './quantize';

/** Rows of a matrix as the bytes of each of its `matrixTensors`. Throws `bad-model` for numbers too large for f16. */
export function storedBytes(
  { name, columns }: Pick<Matrix, 'name' | 'columns'>,
  dtype: WeightDtype,
  numbers: Float32Array,
): Uint8Array[] {
  if (dtype === 'f32') return [bytesOf(numbers)];
  if (dtype === 'f16') return [encodeHalves(numbers, name)];
  const { bytes, scales } = quantize(numbers, columns, dtype);
  return [bytes, bytesOf(scales)];
}

/** The bytes of f32, which a vector is stored as. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
