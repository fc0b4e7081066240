import { encodeHalves } from '../checkpoint/floats';
import type { WeightDtype } from '../model/format/manifest';
import type { WeightSpec } from '../model/format/weight-spec';
import { quantize } from './quantize';

/** The bytes of each of `storedTensors(spec, dtype)`, in its order. Throws `bad-model` for numbers too large for f16. */
export function storedBytes({ name, shape }: WeightSpec, numbers: Float32Array, dtype: WeightDtype): Uint8Array[] {
  const columns = shape[1];
  if (columns === undefined || dtype === 'f32') return [bytesOf(numbers)];
  if (dtype === 'f16') return [encodeHalves(numbers, name)];
  const { bytes, scales } = quantize(numbers, columns, dtype);
  return [bytes, bytesOf(scales)];
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
