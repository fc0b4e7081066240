import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PUBLISHED_SHAPE, writeRandomModel } from '../../bench/random-model';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { openModelFolder } from '../../src/library/model-folder';
import { describeModel } from '../../src/network/families';
import type { JsonObject } from '../../src/network/fields';
import { parametersOf } from '../../src/network/network';
import { NO_FACTS } from '../engine/small-model';
import { TemporaryFolders } from '../temporary-folders';

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

const Q8 = { dtype: 'q8', embeddingDtype: 'q8' } as const;

/** Families that differ in all that a network can. */
const SMALL: Record<string, JsonObject> = {
  bd3lm: {
    model_type: 'bd3lm',
    vocab_size: 14,
    hidden_dim: 8,
    n_blocks: 2,
    n_heads: 2,
    model_length: 16,
    block_size: 4,
  },
  'a2d-qwen3': {
    model_type: 'a2d-qwen3',
    vocab_size: 40,
    hidden_size: 24,
    intermediate_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 8,
    max_position_embeddings: 16,
    mask_token_id: 39,
  },
};

it('measures the published shape', () => {
  const { network } = PUBLISHED_SHAPE;
  expect(PUBLISHED_SHAPE).toMatchObject({ vocabSize: 50_258, blockSizes: [1, 4, 8, 16, 32], contextLength: 1_024 });
  expect(Math.round(parametersOf(network) / 1e6)).toBe(162);
});

it.each(Object.entries(SMALL))(
  'is a model folder of %s whose network computes numbers of a usual size',
  async (_, config) => {
    const folder = join(await folders.make(), 'random');
    const { parameters } = await writeRandomModel(folder, config, Q8, { tiedHead: true });
    const source = await openModelFolder(folder);
    expect(source).toMatchObject({ manifest: { id: 'random', dtype: 'q8', parameters } });
    expect(source.config).toEqual(describeModel(config, { ...NO_FACTS, tiedHead: true }));
    const backend = await createWasmBackend(source);
    backend.begin(4);
    const logits = await backend.logits([1, 2, 3, 4]);
    backend.dispose();
    expect(Math.max(...logits.map(Math.abs))).toBeGreaterThan(0.5);
    expect(Math.max(...logits.map(Math.abs))).toBeLessThan(20);
  },
);
