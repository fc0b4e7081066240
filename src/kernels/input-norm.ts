import type { BufferSlice } from '../gpu/buffers';
import type { NormKind } from './norm';

/** Norm of x inside a kernel for few rows, as it reads x. Needs more than one lane; `norm` serves where there is one. */
export interface InputNorm {
  readonly kind: NormKind;
  /** [columns of x] f32. */
  readonly weight: BufferSlice;
  /** [columns of x] f32. */
  readonly bias?: BufferSlice | undefined;
  /** Added to the variance, or to the mean square. */
  readonly epsilon: number;
}

/** The overrides of parts/few-rows.wgsl that say how x is normalised. */
export function inputNormConstants(norm: Pick<InputNorm, 'kind' | 'epsilon'> | undefined): Record<string, number> {
  return { normed: norm ? 1 : 0, norm_is_rms: norm?.kind === 'rms' ? 1 : 0, norm_epsilon: norm?.epsilon ?? 0 };
}
