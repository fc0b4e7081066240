import type { Matrix, Network } from '../network/network';

/**
 * How a matrix is multiplied on the CPU. `f32`, or `int8`: bytes with a scale for each output feature, and the rows of
 * x quantised as they come, each with a scale of its own.
 */
export type CpuDtype = 'f32' | 'int8';

export type CpuDtypes = (matrix: Matrix) => CpuDtype;

export function f32Everywhere(): CpuDtypes {
  return () => 'f32';
}

/** Bytes for all matrices but those of these. */
export function int8Except(f32: readonly Matrix[]): CpuDtypes {
  const kept = new Set(f32);
  return (matrix) => (kept.has(matrix) ? 'f32' : 'int8');
}

/** The down-projections of all MLPs: silu(gate) · value has outliers, which a scale a row loses the rest to. */
export function downProjections({ layers }: Network): Matrix[] {
  return layers.map(({ mlp }) => mlp.down.weight);
}
