import { createHash } from 'node:crypto';
import { type PlannedPart, planFiles } from '../src/convert/plan-files';
import { bytesOf, storedBytes } from '../src/convert/stored-bytes';
import { FORMAT_VERSION } from '../src/model/format/manifest';
import type { Packing, WeightDtype } from '../src/model/format/packing';
import type { ModelSource } from '../src/model/source/model-source';
import type { ModelConfig } from '../src/network/model-config';
import { parametersOf } from '../src/network/network';
import { randomWeights } from './reference/random-weights';
import type { Weights } from './reference/uncached';

/** The same dtype for all matrices. */
export function packed(dtype: WeightDtype, embeddingDtype: WeightDtype = dtype): Packing {
  return { dtype, embeddingDtype };
}

/** A model folder in memory, of weights drawn by `seed`. Small files, so that there are several: `fileBytes` each. */
export function randomModel(config: ModelConfig, packing: Packing, seed = 1, fileBytes = 2 ** 24): ModelSource {
  return modelOf(config, packing, randomWeights(config.network, seed), fileBytes);
}

/** A model folder in memory, of these weights by their names. It has no tokenizer, and its config is the one given. */
export function modelOf(
  config: ModelConfig,
  packing: Packing,
  weights: Weights,
  fileBytes: number = 2 ** 24,
): ModelSource {
  const files = new Map(
    planFiles(config.network, packing, fileBytes).map(({ path, header, parts }): [string, Uint8Array<ArrayBuffer>] => {
      const data = parts.flatMap((part) => storedPart(part, weights));
      return [path, Uint8Array.from(Buffer.concat([header, ...data]))];
    }),
  );
  const listed = [...files].map(([path, bytes]) => {
    return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  return {
    manifest: {
      formatVersion: FORMAT_VERSION,
      id: 'random',
      name: 'Random weights',
      licence: 'MIT',
      parameters: parametersOf(config.network),
      ...packing,
      weights: [...files.keys()],
      files: listed,
    },
    config,
    packing,
    async read(path, signal) {
      signal?.throwIfAborted();
      return files.get(path)!.slice();
    },
  };
}

function storedPart(part: PlannedPart, weights: Weights): Uint8Array[] {
  if ('vector' in part) return [bytesOf(weights.get(part.vector.name)!)];
  const { matrix, dtype, firstRow, rows } = part;
  const numbers = weights.get(matrix.name)!;
  return storedBytes(matrix, dtype, numbers.slice(firstRow * matrix.columns, (firstRow + rows) * matrix.columns));
}
