import type { Matrix, Vector } from '../../network/network';
import type { StoredTensor, WeightDtype } from '../format/packing';
import { readPlaces } from './file-places';
import type { ModelSource } from './model-source';
import { WeightsCheck } from './weights-check';

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

/**
 * Reads the weights of a model, one file after the other; nothing of a file is kept once the next is asked for. The
 * parts of a matrix come in the order of its rows. By the end every weight of the network has come once.
 *
 * Throws what `source.read` throws, and `bad-model` for a tensor that the network does not have, that is of another
 * type or shape, that comes twice, or that is missing.
 */
export async function* readWeights(source: ModelSource, signal?: AbortSignal): AsyncGenerator<WeightsFile, void> {
  const check = new WeightsCheck(source.config.network, source.packing);
  for (const path of source.manifest.weights) {
    const data = await source.read(path, signal);
    const parts = check.partsOf(path, readPlaces(path, data));
    yield { path, data, parts };
  }
  check.finish();
}
