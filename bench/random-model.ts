import { ModelFolderWriter } from '../export/model-folder';
import { STREAM, uniform } from '../src/backends/random';
import { encodeJson } from '../src/convert/convert-checkpoint';
import { FILE_BYTES, type PlannedPart, planFiles } from '../src/convert/plan-files';
import { bytesOf, storedBytes } from '../src/convert/stored-bytes';
import { FORMAT_VERSION, type Manifest, type ManifestFile, MODEL_FILES } from '../src/model/format/manifest';
import { FACTS_FIELD, parseModelConfig } from '../src/network/families';
import type { CheckpointFacts } from '../src/network/family';
import type { JsonObject } from '../src/network/fields';
import { parametersOf } from '../src/network/network';

const FACTS: CheckpointFacts = {
  maskId: null,
  bosId: null,
  addsBos: false,
  eosIds: [],
  generationEosIds: [],
  tiedHead: false,
  mlpSize: null,
};

/** config.json of the shape of `kuleshov-group/bd3lm-owt-block_size{4,8,16}`, for every block size that is measured. */
export const PUBLISHED_CONFIG: JsonObject = {
  model_type: 'bd3lm',
  vocab_size: 50_258,
  hidden_dim: 768,
  cond_dim: 128,
  n_blocks: 12,
  n_heads: 12,
  model_length: 1_024,
  block_size: 16,
  block_sizes: [1, 4, 8, 16, 32],
  [FACTS_FIELD]: FACTS,
};

export const PUBLISHED_SHAPE = parseModelConfig(PUBLISHED_CONFIG);

const PACKING = { dtype: 'q8', embeddingDtype: 'q8' } as const;

/** As many different numbers as keep rows of any width apart; a prime. */
const POOL = 1_000_003;

/** Writes a q8 model folder of random weights, scaled so that activations stay of size 1 or so. */
export async function writeRandomModel(folder: string, config: JsonObject): Promise<Manifest> {
  const writer = new ModelFolderWriter(folder);
  const { network } = parseModelConfig(config);
  const draw = randomNumbers();
  const files: ManifestFile[] = [];
  try {
    for (const { path, header, parts } of planFiles(network, PACKING, FILE_BYTES)) {
      const file = await writer.begin(path);
      await file.append(header);
      for (const part of parts) for (const bytes of storedPart(part, draw)) await file.append(bytes);
      files.push(await file.finish());
    }
    const weights = files.map(({ path }) => path);
    const configFile = await writer.begin(MODEL_FILES.config);
    await configFile.append(encodeJson(config));
    files.push(await configFile.finish());
    const manifest: Manifest = {
      formatVersion: FORMAT_VERSION,
      id: writer.id,
      name: 'Random weights',
      licence: 'MIT',
      parameters: parametersOf(network),
      ...PACKING,
      weights,
      files,
    };
    await writer.publish(encodeJson(manifest), null);
    return manifest;
  } finally {
    await writer.close();
  }
}

type Draw = (count: number, centre: number, spread: number) => Float32Array;

function storedPart(part: PlannedPart, draw: Draw): Uint8Array[] {
  if ('vector' in part) {
    const { name, size } = part.vector;
    return [bytesOf(draw(size, /norm\d?\.weight$/.test(name) ? 1 : 0, 0.2))];
  }
  const { matrix, dtype, rows } = part;
  return storedBytes(matrix, dtype, draw(rows * matrix.columns, 0, 1.5 / Math.sqrt(matrix.columns)));
}

function randomNumbers(): Draw {
  const pool = Float32Array.from({ length: POOL }, (_, index) => 2 * uniform(1, STREAM.token, 0, index) - 1);
  let next = 0;
  return (count, centre, spread) => {
    const numbers = new Float32Array(count);
    for (let index = 0; index < count; index++) {
      numbers[index] = centre + spread * pool[next]!;
      next = (next + 1) % POOL;
    }
    return numbers;
  };
}
