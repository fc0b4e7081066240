import type { QuantizedDtype } from '../../src/model/format/packing';

/** Numbers [rows, columns] from the bytes and scales of a stored matrix, as `packing.ts` has them. */
export function dequantize(
  bytes: Uint8Array,
  scales: Float32Array,
  columns: number,
  dtype: QuantizedDtype,
): Float32Array<ArrayBuffer> {
  const groups = Math.ceil(columns / 32);
  const numbers = new Float32Array((scales.length / groups) * columns);
  return numbers.map((_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    const group = row * groups + Math.floor(column / 32);
    return stepsOf(bytes, group * 32 + (column % 32), dtype) * scales[group]!;
  });
}

/** A weight in steps of its scale; `at` counts the padding of groups too. */
function stepsOf(bytes: Uint8Array, at: number, dtype: QuantizedDtype): number {
  if (dtype === 'q8') return bytes[at]! - 128;
  const pair = bytes[Math.floor(at / 2)]!;
  return (at % 2 === 0 ? pair % 16 : Math.floor(pair / 16)) - 8;
}
