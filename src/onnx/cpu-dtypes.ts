import { dtypeOf, type Packing } from '../model/format/packing';
import { isMatrix, type Matrix, type Network, numbersOf, tensorsOf } from '../network/network';

/**
 * How a matrix is multiplied on the CPU. `f32`, or `int8`: bytes with a scale for each output feature, and the rows of
 * x quantised as they come, each with a scale of its own.
 */
export type CpuDtype = 'f32' | 'int8';

export type CpuDtypes = (matrix: Matrix) => CpuDtype;

/** Matrices that take no more bytes than this as f32, all together, are multiplied so: nothing is gained by bytes. */
const SMALL_MODEL = 64 * 2 ** 20;

/** q8 and q4 are multiplied as bytes, unless the model is small; f32 and f16 keep their precision. */
export function cpuDtypes(network: Network, packing: Packing): CpuDtypes {
  const numbers = tensorsOf(network)
    .filter(isMatrix)
    .reduce((sum, matrix) => sum + numbersOf(matrix), 0);
  if (numbers * Float32Array.BYTES_PER_ELEMENT <= SMALL_MODEL) return f32Everywhere;
  return (matrix) => {
    const dtype = dtypeOf(matrix, network, packing);
    return dtype === 'q8' || dtype === 'q4' ? 'int8' : 'f32';
  };
}

export const f32Everywhere: CpuDtypes = () => 'f32';

/** Bytes for all matrices but these. */
export function int8Except(...f32: readonly Matrix[]): CpuDtypes {
  const kept = new Set(f32);
  return (matrix) => (kept.has(matrix) ? 'f32' : 'int8');
}
