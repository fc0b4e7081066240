import { ModelFolderWriter } from '../export/model-folder';
import { encodeJson } from '../src/convert/conversion-plan';
import { FILE_BYTES, type PlannedPart, planFiles } from '../src/convert/plan-files';
import { bytesOf, storedBytes } from '../src/convert/stored-bytes';
import { FORMAT_VERSION, type Manifest, type ManifestFile, MODEL_FILES } from '../src/model/format/manifest';
import type { Packing } from '../src/model/format/packing';
import { describeModel, FACTS_FIELD, parseModelConfig } from '../src/network/families';
import type { CheckpointFacts } from '../src/network/family';
import type { JsonObject } from '../src/network/fields';
import { parametersOf } from '../src/network/network';
import { type Draw, drawNumbers } from './draw-numbers';
import { PUBLISHED_SHAPES } from './published-shapes';

/** What a checkpoint says that has no tokenizer. */
export const NO_FACTS: CheckpointFacts = {
  maskId: null,
  bosId: null,
  addsBos: false,
  eosIds: [],
  generationEosIds: [],
  tiedHead: false,
  mlpSize: null,
};

/** The published BD3-LM as a model of every block size that is measured. */
export const BENCH_CONFIG: JsonObject = {
  ...PUBLISHED_SHAPES['bd3lm-170M'].config,
  block_size: 16,
  block_sizes: [1, 4, 8, 16, 32],
};

/** What is measured of it where there is no folder. */
export const PUBLISHED_SHAPE = describeModel(BENCH_CONFIG, NO_FACTS);

const SEED = 1;

/**
 * Writes a model folder of random weights from a config.json of any family, scaled so that activations stay of size
 * 1 or so. `facts` are what a checkpoint's other files would say.
 */
export async function writeRandomModel(
  folder: string,
  config: JsonObject,
  packing: Packing,
  facts: Partial<CheckpointFacts> = {},
): Promise<Manifest> {
  const writer = new ModelFolderWriter(folder);
  const written = { ...config, [FACTS_FIELD]: { ...NO_FACTS, ...facts } };
  const { network } = parseModelConfig(written);
  const files: ManifestFile[] = [];
  let stream = 0;
  try {
    for (const { path, header, parts } of planFiles(network, packing, FILE_BYTES)) {
      const file = await writer.begin(path);
      await file.append(header);
      for (const part of parts) for (const bytes of storedPart(part, stream++)) await file.append(bytes);
      files.push(await file.finish());
    }
    const weights = files.map(({ path }) => path);
    const configFile = await writer.begin(MODEL_FILES.config);
    await configFile.append(encodeJson(written));
    files.push(await configFile.finish());
    const manifest: Manifest = {
      formatVersion: FORMAT_VERSION,
      id: writer.id,
      name: 'Random weights',
      licence: 'MIT',
      parameters: parametersOf(network),
      ...packing,
      weights,
      files,
    };
    await writer.publish(encodeJson(manifest), null);
    return manifest;
  } finally {
    await writer.close();
  }
}

function storedPart(part: PlannedPart, stream: number): Uint8Array[] {
  if ('vector' in part) {
    const { name, size } = part.vector;
    return [bytesOf(drawn(size, stream, { centre: /norm\d?\.weight$/.test(name) ? 1 : 0, spread: 0.1 }))];
  }
  const { matrix, dtype, rows } = part;
  const numbers = drawn(rows * matrix.columns, stream, { centre: 0, spread: 0.9 / Math.sqrt(matrix.columns) });
  return storedBytes(matrix, dtype, numbers);
}

function drawn(count: number, stream: number, distribution: Pick<Draw, 'centre' | 'spread'>): Float32Array {
  const numbers = new Float32Array(count);
  drawNumbers(numbers, { seed: SEED, stream, from: 0, ...distribution });
  return numbers;
}
