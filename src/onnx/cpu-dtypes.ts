import type { Matrix, Network } from '../network/network';

/**
 * How a matrix is multiplied on the CPU. `f32`, or `int8`: bytes with a scale for each output feature, and the rows of
 * x quantised as they come, each with a scale of its own.
 */
export type CpuDtype = 'f32' | 'int8';

export type CpuDtypes = (matrix: Matrix) => CpuDtype;

export function f32Everywhere(_network: Network): CpuDtypes {
  return () => 'f32';
}
