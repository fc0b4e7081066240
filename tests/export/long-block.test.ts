import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import type { ModelSource } from '../../src/model/source/model-source';
import { largestDifference } from '../backends/difference';
import { exportedModel } from '../backends/tiny-model';
import { endOf, events } from '../engine/small-model';
import { testGpu } from '../gpu';
import { publishedConfig } from '../long/published-config';
import { writeRandomCheckpoint } from '../long/random-checkpoint';
import { CpuBackend } from '../reference/cpu-backend';
import { folderWeights } from '../reference/folder-weights';
import { TemporaryFolders } from '../temporary-folders';

/** As `bd3lm-owt-block_size1024-pretrain`, whose one block is its whole context: more rows than the small kernels take. */
const LENGTH = 48;
const MASK = 60;
const CONFIG = {
  ...publishedConfig(LENGTH),
  model_length: LENGTH,
  vocab_size: MASK + 1,
  hidden_dim: 24,
  n_heads: 2,
  n_blocks: 2,
  cond_dim: 8,
};

const folders = new TemporaryFolders();
let source: ModelSource;
beforeAll(async () => {
  const checkpoint = await folders.make();
  await writeRandomCheckpoint(checkpoint, CONFIG, { seed: 7, dtype: 'F32', shards: 1 });
  source = await exportedModel(checkpoint, 'q8');
});
afterAll(() => folders.remove());

it('is exported with that one block size', () => {
  expect(source.config).toMatchObject({ blockSizes: [LENGTH], defaultBlockSize: LENGTH, contextLength: LENGTH });
});

describe.each<[string, () => Promise<Backend>]>([
  ['webgpu', async () => createWebgpuBackend(source, await testGpu())],
  ['wasm', () => createWasmBackend(source)],
])('%s', (_, open) => {
  it('denoises a block as long as the context as plain loops do, and writes one to its end', async () => {
    const backend = await open();
    const plain = new CpuBackend(source.config, await folderWeights(source));
    const ids = Array.from({ length: LENGTH }, (_, index) => (index % 3 === 0 ? (index * 7) % MASK : MASK));
    const positions = [...ids.keys()].filter((index) => ids[index] === MASK);
    const step = { ids, positions, sampling: { temperature: 0, topP: 1, seed: 0 }, pass: 0 };
    for (const each of [backend, plain]) each.begin(LENGTH);
    const [found, expected] = [await backend.denoiseStep(step), await plain.denoiseStep(step)];
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    const probabilities = (all: typeof found) => all.map(({ probability }) => probability);
    expect(largestDifference(probabilities(found), probabilities(expected))).toBeLessThan(1e-4);

    const request = {
      promptIds: ids.slice(0, 1),
      blockSize: LENGTH,
      maxTokens: LENGTH - 1,
      policy: { name: 'confidence', steps: 3 },
      sampling: step.sampling,
    } as const;
    const written = endOf(await events(backend, request));
    expect(written).toMatchObject({ reason: 'length', nfe: 3 });
    expect(written.ids).toEqual(endOf(await events(plain, request)).ids);
    expect(written.ids).not.toContain(MASK);
    backend.dispose();
  });
});
