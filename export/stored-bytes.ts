import type { WeightDtype } from '../src/weights/manifest';
import { Q8_GROUP, Q8_ZERO, type WeightSpec } from '../src/weights/weight-spec';
import { encodeHalves } from './floats';

/** The bytes of each of `storedTensors(spec, dtype)`, in its order. Throws `bad-model` for numbers too large for f16. */
export function storedBytes({ name, shape }: WeightSpec, numbers: Float32Array, dtype: WeightDtype): Uint8Array[] {
  const columns = shape[1];
  if (columns === undefined || dtype === 'f32') return [bytesOf(numbers)];
  if (dtype === 'f16') return [encodeHalves(numbers, name)];
  const { bytes, scales } = quantize(numbers, columns);
  return [bytes, bytesOf(scales)];
}

/**
 * A matrix as q8 (see `weight-spec.ts`): each group's largest magnitude becomes ±127, so that the error
 * of a number is at most half its group's scale.
 */
function quantize(numbers: Float32Array, columns: number): { bytes: Uint8Array; scales: Float32Array } {
  const rows = numbers.length / columns;
  const groups = Math.ceil(columns / Q8_GROUP);
  const bytes = new Uint8Array(rows * groups * Q8_GROUP).fill(Q8_ZERO);
  const scales = new Float32Array(rows * groups);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const from = row * columns + group * Q8_GROUP;
      const values = numbers.subarray(from, Math.min(from + Q8_GROUP, (row + 1) * columns));
      const at = row * groups + group;
      scales[at] = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
      const scale = scales[at]! || 1;
      values.forEach((value, index) => {
        bytes[at * Q8_GROUP + index] = Q8_ZERO + Math.round(value / scale);
      });
    }
  }
  return { bytes, scales };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
