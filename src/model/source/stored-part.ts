import type { Matrix, Vector } from '../../network/network';
import type { StoredTensor, WeightDtype } from '../format/packing';

/** A stored tensor and where it lies in its file. */
export interface PlacedTensor extends StoredTensor {
  readonly offset: number;
  readonly bytes: number;
}

/** A vector, or rows of a matrix: all of them, or what a file has of a large one. */
export type StoredPart = (
  | { readonly matrix: Matrix; readonly dtype: WeightDtype; readonly firstRow: number; readonly rows: number }
  | { readonly vector: Vector }
) & {
  /** As `matrixTensors` and `vectorTensor` name them, in that order. */
  readonly tensors: readonly PlacedTensor[];
};

/** One file of weights. */
export interface WeightsFile {
  readonly path: string;
  /** The whole file, in a buffer of its own that belongs to the caller. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly parts: readonly StoredPart[];
}
