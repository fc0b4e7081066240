import { describe, expect, it } from 'vitest';
import { planFiles } from '../../src/convert/plan-files';
import type { ModelSource } from '../../src/model/source/model-source';
import { readWeights } from '../../src/model/source/read-weights';
import type { WeightsFile } from '../../src/model/source/stored-part';
import { describeModel } from '../../src/network/families';
import { packed, randomModel } from '../random-model';
import { folderWeights } from '../reference/folder-weights';
import { randomWeights } from '../reference/random-weights';

const FACTS = {
  maskId: 30,
  bosId: null,
  addsBos: false,
  eosIds: [],
  generationEosIds: [],
  mlpSize: null,
  tiedHead: false,
};
const CONFIG = describeModel(
  {
    model_type: 'sdar',
    vocab_size: 601,
    hidden_size: 40,
    intermediate_size: 72,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 16,
  },
  FACTS,
);

async function filesOf(source: ModelSource): Promise<WeightsFile[]> {
  const files: WeightsFile[] = [];
  for await (const file of readWeights(source)) files.push(file);
  return files;
}

describe.each(['f32', 'f16', 'q8', 'q4'] as const)('%s', (dtype) => {
  it.each([2 ** 24, 20_000])('gives every weight back, from files of %i bytes', async (fileBytes) => {
    const source = randomModel(CONFIG, packed(dtype), 5, fileBytes);
    const weights = await folderWeights(source);
    const tolerance = { f32: 0, f16: 2e-4, q8: 2e-3, q4: 5e-2 }[dtype];
    for (const [name, numbers] of randomWeights(CONFIG.network, 5)) {
      const differences = weights.get(name)!.map((value, index) => Math.abs(value - numbers[index]!));
      expect(Math.max(...differences), name).toBeLessThanOrEqual(tolerance);
    }
    const files = await filesOf(source);
    expect(files.length === 1).toBe(fileBytes === 2 ** 24);
    for (const { path, data } of files) {
      expect(data.length).toBe(source.manifest.files.find((file) => file.path === path)!.bytes);
      expect(data.length).toBeLessThanOrEqual(fileBytes);
    }
  });
});

it('stores a matrix that is larger than a file in parts, whose values and scales are in one file', async () => {
  const parts = (await filesOf(randomModel(CONFIG, packed('q8'), 5, 20_000))).flatMap((file) => file.parts);
  const embedding = parts.filter((part) => 'matrix' in part && part.matrix.name === 'embedding.weight');
  expect(embedding.length).toBeGreaterThan(2);
  expect(embedding[1]!.tensors.map(({ name }) => name)).toEqual(['embedding.weight.q8.1', 'embedding.weight.scale.1']);
  let row = 0;
  for (const part of embedding) {
    if (!('matrix' in part)) throw new Error('no matrix');
    expect(part.firstRow).toBe(row);
    row += part.rows;
  }
  expect(row).toBe(601);
});

it('begins the data at a multiple of 64 bytes, and each tensor at a whole word', async () => {
  for (const dtype of ['f32', 'f16', 'q8', 'q4'] as const) {
    for (const { header, parts } of planFiles(CONFIG.network, packed(dtype), 9_000)) {
      expect(header.length % 64).toBe(0);
      expect(parts.length).toBeGreaterThan(0);
    }
    for (const { parts } of await filesOf(randomModel(CONFIG, packed(dtype), 5, 9_000))) {
      for (const tensor of parts.flatMap(({ tensors }) => tensors)) expect(tensor.offset % 4).toBe(0);
    }
  }
});
