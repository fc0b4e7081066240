import { ModelFolderWriter } from '../export/model-folder';
import { addNetwork } from '../export/network-files';
import { STREAM, uniform } from '../src/backends/random';
import type { NamedWeight } from '../src/convert/bd3lm-weights';
import { FILE_BYTES } from '../src/convert/weight-plan';
import { FORMAT_VERSION, type Manifest, MODEL_FILES } from '../src/model/format/manifest';
import type { ModelConfig } from '../src/network/model-config';
import { weightSpecs } from '../src/model/format/weight-spec';

/** The shape of `kuleshov-group/bd3lm-owt-block_size{4,8,16}`, for every block size that is measured. */
export const PUBLISHED_SHAPE: ModelConfig = {
  architecture: 'bd3lm',
  vocabSize: 50_258,
  hiddenSize: 768,
  mlpSize: 3_072,
  layers: 12,
  heads: 12,
  contextLength: 1_024,
  ropeBase: 10_000,
  normEpsilon: 1e-5,
  maskId: 50_257,
  bosId: null,
  eosId: null,
  blockSizes: [1, 4, 8, 16, 32],
  defaultBlockSize: 16,
};

/** As many different numbers as keep rows of any width apart; a prime. */
const POOL = 1_000_003;

/** Writes a q8 model folder of random weights, scaled so that activations stay of size 1 or so. */
export async function writeRandomModel(folder: string, config: ModelConfig): Promise<Manifest> {
  const writer = await ModelFolderWriter.open(folder);
  try {
    const specs = weightSpecs(config);
    const weights = await addNetwork(writer, config, randomWeights(specs), { dtype: 'q8', fileBytes: FILE_BYTES });
    await writer.add(MODEL_FILES.config, JSON.stringify(config));
    const manifest: Manifest = {
      formatVersion: FORMAT_VERSION,
      id: writer.id,
      name: 'Random weights',
      licence: 'MIT',
      parameters: specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0),
      dtype: 'q8',
      weights,
      files: writer.files,
    };
    await writer.publish(JSON.stringify(manifest), null);
    return manifest;
  } finally {
    await writer.close();
  }
}

async function* randomWeights(specs: ReturnType<typeof weightSpecs>): AsyncGenerator<NamedWeight> {
  const pool = Float32Array.from({ length: POOL }, (_, index) => 2 * uniform(1, STREAM.token, 0, index) - 1);
  let next = 0;
  for (const { name, shape } of specs) {
    const numbers = new Float32Array(shape.reduce((product, size) => product * size));
    const centre = /norm\d?\.weight$/.test(name) ? 1 : 0;
    const spread = shape.length === 2 ? 1.5 / Math.sqrt(shape[1]!) : 0.2;
    for (let index = 0; index < numbers.length; index++) {
      numbers[index] = centre + spread * pool[next]!;
      next = (next + 1) % POOL;
    }
    yield [name, [numbers]];
  }
}
