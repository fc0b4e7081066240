import type { BufferSlice } from '../gpu/buffers';

/** Layer norm of x within a kernel for few rows that reads it. Several lanes can do it; see `layerNorm` for one. */
export interface InputNorm {
  /** [columns of x] f32. */
  readonly weight: BufferSlice;
  /** [columns of x] f32. */
  readonly bias: BufferSlice;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** The overrides and the two last bindings of an input norm; where there is none they are `unread`. */
export function inputNormParts(norm: InputNorm | undefined, unread: BufferSlice) {
  return {
    constants: { normed: norm ? 1 : 0, epsilon: norm?.epsilon ?? 0 },
    bindings: [norm?.weight ?? unread, norm?.bias ?? unread] as const,
  };
}
