import { readPlaces } from './file-places';
import type { ModelSource } from './model-source';
import type { WeightsFile } from './stored-part';
import { WeightsCheck } from './weights-check';

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
