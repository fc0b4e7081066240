import { afterAll, expect, it } from 'vitest';
import { Network } from '../../src/backends/webgpu/network';
import { Passes } from '../../src/backends/webgpu/passes';
import { networkWeights } from '../../src/backends/webgpu/weights';
import { Buffers } from '../../src/gpu/buffers';
import { Pipelines } from '../../src/gpu/kernel';
import type { Lanes } from '../../src/kernels/lanes';
import { loadGpuWeights } from '../../src/weights/gpu-weights';
import type { ModelSource } from '../../src/weights/model-source';
import { writeCheckpoint } from '../export/random-checkpoint';
import { testGpu } from '../gpu';
import { TemporaryFolders } from '../temporary-folders';
import { largestDifference } from './difference';
import { exportedModel, tinyModel } from './tiny-model';

/** Of logits of size 1 to 10: f32 in another order of sums. */
const TOLERANCE = 1e-4;

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

/** Logits of a second block, with so many lanes whatever suits the adapter. */
async function logitsWith(lanes: Lanes, source: ModelSource): Promise<Float32Array> {
  const { device } = await testGpu();
  const buffers = new Buffers(device);
  const { config, manifest } = source;
  const weights = networkWeights(await loadGpuWeights(source, device, buffers), config, manifest.dtype);
  const passes = new Passes(device, buffers, new Network(new Pipelines(device), buffers, config, weights, lanes));
  const { defaultBlockSize: size, contextLength: ring } = config;
  const settings = { rows: size, blockSize: size, ring, seed: 0, passNumber: 0, temperature: 0, topP: 1 };
  const ids = Array.from({ length: 2 * size }, (_, index) => (index * 5 + 1) % (config.vocabSize - 1));
  passes.store(ids.slice(0, size), { ...settings, position: 0 });
  const logits = await passes.logits(ids.slice(size), { ...settings, position: size });
  buffers.dispose();
  return logits;
}

/** Those for one lane are compared with plain loops in models.test.ts. */
it.each<[name: string, open: () => Promise<ModelSource>]>([
  ['q8', () => tinyModel('q8')],
  [
    'odd sizes, f16',
    async () => {
      const checkpoint = await folders.make();
      await writeCheckpoint(checkpoint, {});
      return exportedModel(checkpoint, 'f16');
    },
  ],
])('eight lanes, with norms fused, compute what one does: %s', async (_, open) => {
  const source = await open();
  expect(largestDifference(await logitsWith(8, source), await logitsWith(1, source))).toBeLessThan(TOLERANCE);
});
