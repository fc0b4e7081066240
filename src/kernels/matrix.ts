import type { BufferSlice } from '../gpu/buffers';

/** A matrix of weights [rows, columns] on the GPU, row-major. Rows of f32 and f16 follow each other without padding. */
export type Matrix =
  | {
      readonly dtype: 'f32' | 'f16';
      /** [rows, columns] */
      readonly values: BufferSlice;
    }
  | {
      readonly dtype: 'q8';
      /** [rows, groups, 32] bytes, groups = ⌈columns / 32⌉: a weight is (byte − 128) · scale of its group. */
      readonly values: BufferSlice;
      /** [rows, groups] f32. */
      readonly scales: BufferSlice;
    };

/** The `override dtype` of every shader that reads a matrix. */
export const DTYPE_CODE = { f32: 0, f16: 1, q8: 2 } as const satisfies Record<Matrix['dtype'], number>;

/**
 * The two bindings of a matrix. A shader for every dtype names both, so where there are no scales it gets
 * the values again, unread.
 */
export function matrixBindings(matrix: Matrix): [values: BufferSlice, scales: BufferSlice] {
  return [matrix.values, matrix.dtype === 'q8' ? matrix.scales : matrix.values];
}
