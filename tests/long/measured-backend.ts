import type { Backend, BackendName } from '../../src/backends/backend';
import { createWasmBackend, openWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import type { Gpu } from '../../src/gpu/device';
import type { ModelSource } from '../../src/model/source/model-source';
import { readWeights } from '../../src/model/source/read-weights';
import { f32Everywhere } from '../../src/onnx/cpu-dtypes';

/** `wasm` is as it ships, bytes for large models in q8 and q4; `wasm-f32` multiplies what is stored in f32, as webgpu does. */
export type MeasuredBackend = BackendName | 'wasm-f32';

/** Loads a model onto one of them; `gpu` is for webgpu. */
export function openMeasured(source: ModelSource, name: MeasuredBackend, gpu: Gpu | undefined): Promise<Backend> {
  switch (name) {
    case 'webgpu':
      return createWebgpuBackend(source, gpu!);
    case 'wasm':
      return createWasmBackend(source);
    case 'wasm-f32':
      return openWasmBackend(source.config, readWeights(source), f32Everywhere);
    default:
      return name satisfies never;
  }
}
