import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PUBLISHED_CONFIG, PUBLISHED_SHAPE, writeRandomModel } from '../../bench/random-model';
import { createBackend } from '../../src/backends/choose-backend';
import { openModelFolder } from '../../src/cli/model-folder';
import { parametersOf } from '../../src/network/network';
import { TemporaryFolders } from '../temporary-folders';

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

it('has the published shape', () => {
  expect(Math.round(parametersOf(PUBLISHED_SHAPE.network) / 1e6)).toBe(162);
  expect(PUBLISHED_SHAPE).toMatchObject({ vocabSize: 50_258, maskId: 50_257, contextLength: 1_024 });
});

it('is a model folder whose network computes numbers of a usual size', async () => {
  const folder = join(await folders.make(), 'random');
  const small = { vocab_size: 14, hidden_dim: 8, n_heads: 2, n_blocks: 2, model_length: 13, block_size: 4 };
  const { parameters } = await writeRandomModel(folder, { ...PUBLISHED_CONFIG, ...small, block_sizes: [1, 2, 3, 4] });
  const source = await openModelFolder(folder);
  expect(source).toMatchObject({
    config: { vocabSize: 14, blockSizes: [1, 2, 3, 4] },
    manifest: { id: 'random', dtype: 'q8', parameters },
  });
  const backend = await createBackend(source, 'wasm', undefined);
  backend.begin(4);
  const logits = await backend.logits([1, 2, 3, 4]);
  backend.dispose();
  expect(Math.max(...logits.map(Math.abs))).toBeGreaterThan(0.5);
  expect(Math.max(...logits.map(Math.abs))).toBeLessThan(20);
});
