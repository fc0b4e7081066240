import type { Backend, Prediction } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import type { ModelSource } from '../../src/model/source/model-source';
import { openDeviceWith } from './device-with';
import { openOrtModel } from './ort-model';
import { textRequest } from './text-request';

/** What onnxruntime-web asks of a device that it opens itself. */
const FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups'];

/**
 * The optional features of an adapter that the provider computes rightly with. Its attention is wrong on some
 * adapters that have subgroups (SwiftShader's are of 4), and right without them; a race is only worth
 * something over the same text.
 */
export async function findOrtFeatures(source: ModelSource): Promise<readonly GPUFeatureName[]> {
  const device = await openDeviceWith(FEATURES);
  const features = FEATURES.filter((feature) => device.features.has(feature));
  if (!features.includes('subgroups')) {
    device.destroy();
    return features;
  }
  const ort = await openOrtModel(source, device);
  const wasm = await createWasmBackend(source);
  try {
    const right = agree(await predict(source, ort), await predict(source, wasm));
    return right ? features : features.filter((feature) => feature !== 'subgroups');
  } finally {
    await ort.dispose();
    wasm.dispose();
    device.destroy();
  }
}

const BLOCK_SIZE = 16;
/** Two blocks: the second must not be seen by the first. */
const CONTEXT = 32;

/** The predictions for a block of masks. */
async function predict(
  { config }: ModelSource,
  model: Pick<Backend, 'begin' | 'prefill' | 'denoiseStep'>,
): Promise<Prediction[]> {
  const { promptIds, sampling } = textRequest(config, BLOCK_SIZE, 1, CONTEXT);
  const ids = Array<number>(BLOCK_SIZE).fill(config.maskId);
  model.begin(BLOCK_SIZE);
  await model.prefill(promptIds);
  return model.denoiseStep({ ids, positions: [...ids.keys()], sampling, pass: 1 });
}

/** Rounding makes differences of some 1e-6 in an entropy of some nats. */
function agree(some: readonly Prediction[], others: readonly Prediction[]): boolean {
  return some.every(({ entropy }, index) => Math.abs(entropy - others[index]!.entropy) < 1e-3);
}
