import { expect, it } from 'vitest';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { defaultDevice } from '../long/default-device';
import { largestDifference } from './difference';
import { tinyModel } from './tiny-model';

/** Of logits of size 1 to 10: f32 in another order of sums. */
const TOLERANCE = 5e-4;

it('a device of default limits, with 8 storage buffers a stage, runs every kernel for few rows', async () => {
  const source = await tinyModel('q8');
  const gpu = await defaultDevice();
  expect(gpu.device.limits.maxStorageBuffersPerShaderStage).toBe(8);
  const [webgpu, wasm] = [await createWebgpuBackend(source, gpu), await createWasmBackend(source)];
  const ids = [3, 1, 4, 1];
  for (const backend of [webgpu, wasm]) {
    backend.begin(4);
    await backend.prefill(ids);
  }
  expect(largestDifference(await webgpu.logits(ids), await wasm.logits(ids))).toBeLessThan(TOLERANCE);
  webgpu.dispose();
  wasm.dispose();
});
