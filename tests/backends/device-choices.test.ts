import { afterAll, expect, it } from 'vitest';
import { DeviceNetwork } from '../../src/backends/webgpu/device-network';
import { Passes } from '../../src/backends/webgpu/passes';
import { networkWeights } from '../../src/backends/webgpu/weights';
import { Buffers } from '../../src/gpu/buffers';
import { Pipelines } from '../../src/gpu/kernel';
import type { CacheDtype } from '../../src/kernels/kv-cache';
import type { Lanes } from '../../src/kernels/lanes';
import type { ModelSource } from '../../src/model/source/model-source';
import { describeModel } from '../../src/network/families';
import { loadGpuWeights } from '../../src/onnx/gpu-weights';
import { NO_FACTS } from '../engine/small-model';
import { writeCheckpoint } from '../export/random-checkpoint';
import { testGpu } from '../gpu';
import { limited } from '../onnx/limited-device';
import { packed, randomModel } from '../random-model';
import { TemporaryFolders } from '../temporary-folders';
import { largestDifference } from './difference';
import { exportedModel, tinyModel } from './tiny-model';

/** Of logits of size 1 to 10: f32 in another order of sums. */
const TOLERANCE = 1e-4;

/** Keys and values rounded to 11 bits in every layer. */
const HALVES_TOLERANCE = 2e-2;

/** The same of logits up to 20. */
const WIDE_HALVES_TOLERANCE = 6e-2;

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

/** Logits of a second block with these choices, whatever suits the adapter. */
async function logitsWith(
  choices: { lanes: Lanes; cacheDtype: CacheDtype },
  source: ModelSource,
  weightsDevice?: GPUDevice,
): Promise<Float32Array> {
  const { device } = await testGpu();
  const buffers = new Buffers(device);
  const { config } = source;
  const stored = await loadGpuWeights(source, weightsDevice ?? device, buffers);
  const weights = networkWeights(stored, config.network, { device, buffers, lanes: choices.lanes });
  const passes = new Passes(
    device,
    buffers,
    new DeviceNetwork({ pipelines: new Pipelines(device), buffers, config, weights, ...choices }),
  );
  const { defaultBlockSize: size, contextLength: ring } = config;
  const settings = { rows: size, blockSize: size, ring, seed: 0, passNumber: 0, temperature: 0, topP: 1, seen: [] };
  const ids = Array.from({ length: 2 * size }, (_, index) => (index * 5 + 1) % (config.vocabSize - 1));
  passes.takeLogits(passes.logitsReadback(buffers));
  passes.store(ids.slice(0, size), { ...settings, position: 0 });
  const logits = await passes.logits({
    ids: ids.slice(size),
    picks: Array.from({ length: size }, (_, row) => row),
    settings: { ...settings, position: size },
    predictedPosition: size,
  });
  buffers.dispose();
  return logits;
}

it.each(['f32', 'f16', 'q8', 'q4'] as const)('embedding and head in several parts, %s', async (dtype) => {
  const { device } = await testGpu();
  const config = describeModel(
    {
      model_type: 'llama',
      vocab_size: 611,
      hidden_size: 32,
      intermediate_size: 40,
      num_hidden_layers: 2,
      num_attention_heads: 6,
      num_key_value_heads: 2,
      head_dim: 8,
      max_position_embeddings: 16,
      block_diffusion: { mask_token_id: 610, block_size: 4 },
    },
    { ...NO_FACTS, tiedHead: dtype === 'q8' },
  );
  const source = randomModel(config, packed(dtype), 3);
  for (const lanes of [1, 8] as const) {
    const choices = { lanes, cacheDtype: 'f32' } as const;
    const whole = await logitsWith(choices, source, device);
    const inParts = await logitsWith(choices, source, limited(device, 12_000));
    expect(inParts).toEqual(whole);
  }
});

/** Those for one lane are compared with plain loops in models.test.ts. */
it.each<[name: string, open: () => Promise<ModelSource>, halvesTolerance?: number]>([
  ['q8', () => tinyModel('q8')],
  [
    'grouped heads with head norms, q8',
    () => exportedModel('tests/fixtures/a2d-qwen3-tiny', 'q8'),
    WIDE_HALVES_TOLERANCE,
  ],
  ['grouped heads with biases, q4', () => exportedModel('tests/fixtures/qwen2-tiny', 'q4')],
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
  async (_, open, halvesTolerance = HALVES_TOLERANCE) => {
    const source = await open();
    const one = await logitsWith({ lanes: 1, cacheDtype: 'f32' }, source);
    const eight = await logitsWith({ lanes: 8, cacheDtype: 'f32' }, source);
    expect(largestDifference(eight, one)).toBeLessThan(TOLERANCE);
    const halves = await logitsWith({ lanes: 8, cacheDtype: 'f16' }, source);
    expect(largestDifference(halves, one)).toBeLessThan(halvesTolerance);
    expect(largestDifference(halves, one)).toBeGreaterThan(0);
  },
);
