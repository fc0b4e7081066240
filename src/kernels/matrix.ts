import type { BufferSlice } from '../gpu/buffers';

/** A matrix of weights [rows, columns] on the GPU, row-major. Rows of f32 and f16 follow each other without padding. */
export type Matrix =
  | {
      readonly dtype: 'f32' | 'f16';
      /** [rows, columns] */
      readonly values: BufferSlice;
    }
  | {
      readonly dtype: 'q8' | 'q4';
      /**
       * groups = ⌈columns / 32⌉. q8: [rows, groups, 32] bytes; a weight is (byte − 128) · scale of its group.
       * q4: [rows, groups, 16] bytes of two weights, the first in the low bits; one is (four bits − 8) · scale.
       */
      readonly values: BufferSlice;
      /** [rows, groups] f32. */
      readonly scales: BufferSlice;
    };

/** The `override dtype` of every shader that reads a matrix. */
export const DTYPE_CODE = { f32: 0, f16: 1, q8: 2, q4: 3 } as const satisfies Record<Matrix['dtype'], number>;

/**
 * The two bindings of a matrix. A shader for every dtype names both, so where there are no scales it gets
 * the values again, unread.
 */
export function matrixBindings(matrix: Matrix): [values: BufferSlice, scales: BufferSlice] {
  return [matrix.values, 'scales' in matrix ? matrix.scales : matrix.values];
}
