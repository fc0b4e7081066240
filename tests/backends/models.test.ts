import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import type { WeightDtype } from '../../src/model/format/packing';
import type { ModelSource } from '../../src/model/source/model-source';
import { writeCheckpoint } from '../export/random-checkpoint';
import { testGpu } from '../gpu';
import { CpuBackend } from '../reference/cpu-backend';
import { folderWeights } from '../reference/folder-weights';
import { TemporaryFolders } from '../temporary-folders';
import { largestDifference } from './difference';
import { exportedModel, tinyModel } from './tiny-model';

/** Of logits of size 1 to 10: f32 in another order of sums. */
const TOLERANCE = 5e-4;

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

async function randomModel(change: object, dtype: WeightDtype): Promise<ModelSource> {
  const checkpoint = await folders.make();
  await writeCheckpoint(checkpoint, change);
  return exportedModel(checkpoint, dtype);
}

const MODELS: readonly [name: string, open: () => Promise<ModelSource>][] = [
  ['f32', () => tinyModel('f32')],
  ['f16', () => tinyModel('f16')],
  ['q8', () => tinyModel('q8')],
  ['q4', () => tinyModel('q4')],
  // 20 features are no multiple of a group of 32 or of a word of four bytes; heads have 10.
  ['odd sizes, f32', () => randomModel({}, 'f32')],
  ['odd sizes, f16, with adaLN', () => randomModel({ adaln: true }, 'f16')],
  ['odd sizes, q8', () => randomModel({}, 'q8')],
  ['odd sizes, q4, with adaLN', () => randomModel({ adaln: true }, 'q4')],
  ['rows of an odd number of f16', () => randomModel({ hidden_dim: 18, n_heads: 3, vocab_size: 11 }, 'f16')],
  ['one layer, one head, wide', () => randomModel({ n_blocks: 1, n_heads: 1, hidden_dim: 70 }, 'q8')],
  ['the same, q4', () => randomModel({ n_blocks: 1, n_heads: 1, hidden_dim: 70 }, 'q4')],
];

describe.each<[string, (source: ModelSource) => Promise<Backend>]>([
  ['webgpu', async (source) => createWebgpuBackend(source, await testGpu())],
  ['wasm', (source) => createWasmBackend(source)],
])('%s computes what plain loops do over the stored numbers', (_, create) => {
  it.each(MODELS)('%s', async (_, open) => {
    const source = await open();
    const { defaultBlockSize: size, vocabSize } = source.config;
    const expected = new CpuBackend(source.config, await folderWeights(source));
    const backend = await create(source);
    const ids = Array.from({ length: 4 * size }, (_, index) => (index * 5 + 1) % (vocabSize - 1));
    for (const each of [backend, expected]) {
      each.begin(size);
      await each.prefill(ids.slice(0, 2 * size));
    }
    const block = ids.slice(2 * size, 3 * size);
    expect(largestDifference(await backend.logits(block), await expected.logits(block))).toBeLessThan(TOLERANCE);
    backend.dispose();
  });
});
