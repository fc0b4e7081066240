import { afterAll, expect, it } from 'vitest';
import { Network } from '../../src/backends/webgpu/network';
import { Passes } from '../../src/backends/webgpu/passes';
import { networkWeights } from '../../src/backends/webgpu/weights';
import { Buffers } from '../../src/gpu/buffers';
import { Pipelines } from '../../src/gpu/kernel';
import type { CacheDtype } from '../../src/kernels/kv-cache';
import type { Lanes } from '../../src/kernels/lanes';
import type { ModelSource } from '../../src/model/source/model-source';
import { loadGpuWeights } from '../../src/onnx/gpu-weights';
import { writeCheckpoint } from '../export/random-checkpoint';
import { testGpu } from '../gpu';
import { TemporaryFolders } from '../temporary-folders';
import { largestDifference } from './difference';
import { exportedModel, tinyModel } from './tiny-model';

/** Of logits of size 1 to 10: f32 in another order of sums. */
const TOLERANCE = 1e-4;

/** Keys and values rounded to 11 bits in every layer. */
const HALVES_TOLERANCE = 2e-2;

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

/** Logits of a second block with these choices, whatever suits the adapter. */
async function logitsWith(
  choices: { lanes: Lanes; cacheDtype: CacheDtype },
  source: ModelSource,
): Promise<Float32Array> {
  const { device } = await testGpu();
  const buffers = new Buffers(device);
  const { config, manifest } = source;
  const weights = networkWeights(await loadGpuWeights(source, device, buffers), config, manifest.dtype);
  const passes = new Passes(
    device,
    buffers,
    new Network({ pipelines: new Pipelines(device), buffers, config, weights, ...choices }),
  );
  const { defaultBlockSize: size, contextLength: ring } = config;
  const settings = { rows: size, blockSize: size, ring, seed: 0, passNumber: 0, temperature: 0, topP: 1 };
  const ids = Array.from({ length: 2 * size }, (_, index) => (index * 5 + 1) % (config.vocabSize - 1));
  passes.takeLogits(passes.logitsReadback(buffers));
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
])(
  'what suits a GPU computes what suits a software adapter: eight lanes with norms fused, a cache of f16: %s',
  async (_, open) => {
    const source = await open();
    const one = await logitsWith({ lanes: 1, cacheDtype: 'f32' }, source);
    const eight = await logitsWith({ lanes: 8, cacheDtype: 'f32' }, source);
    expect(largestDifference(eight, one)).toBeLessThan(TOLERANCE);
    const halves = await logitsWith({ lanes: 8, cacheDtype: 'f16' }, source);
    expect(largestDifference(halves, one)).toBeLessThan(HALVES_TOLERANCE);
    expect(largestDifference(halves, one)).toBeGreaterThan(0);
  },
);
