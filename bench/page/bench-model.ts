import type { Backend } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { findAdapter, type Gpu, openDevice } from '../../src/gpu/device';
import { workDone } from '../../src/gpu/work-done';
import type { ModelSource } from '../../src/model/source/model-source';
import { openModelUrl } from '../../src/model/source/model-url';
import { cpuDtypes } from '../../src/onnx/cpu-dtypes';
import { openDeviceWith } from './device-with';
import { type OrtModel, openOrtModel } from './ort-model';

/** Opens a model folder on a server as a model without stop ids, so that a text ends when it is told to. */
export async function openEndlessModel(url: string): Promise<ModelSource> {
  const source = await openModelUrl(url, { signal: new AbortController().signal, onProgress: () => {} });
  return { ...source, config: { ...source.config, stopIds: [] } };
}

/** `stories 10.5 M` */
export function modelName({ manifest }: ModelSource): string {
  return `${manifest.id} ${(manifest.parameters / 1e6).toFixed(1)} M`;
}

/** Our backend as the page runs it. */
export function openOurs(source: ModelSource, gpu: Gpu): Promise<Backend> {
  return createWebgpuBackend(source, gpu);
}

/** Our backend with every step of a block in one submission, whatever the adapter. */
export function openOursWithWholeBlocks(source: ModelSource, gpu: Gpu): Promise<Backend> {
  return createWebgpuBackend(source, gpu, { submissionOf: 'block' });
}

/** The three ways to run one model that are raced, ours and onnxruntime-web's each on a device of its own. */
export interface Racers {
  readonly ours: Backend;
  readonly ort: OrtModel;
  readonly wasm: Backend;
  /** Whether the CPU computes in f32; large models in q8 and q4 are multiplied as bytes there. */
  readonly wasmIsExact: boolean;
  /** Resolves once what was submitted is done. */
  settleOurs(): Promise<unknown>;
  settleOrt(): Promise<unknown>;
  dispose(): Promise<void>;
}

/** Loads a model three times. `ortFeatures` are those of onnxruntime-web's device. */
export async function openRacers(source: ModelSource, ortFeatures: readonly GPUFeatureName[]): Promise<Racers> {
  const { network } = source.config;
  const dtypes = cpuDtypes(network, source.packing);
  const gpu = await openGpu();
  const ortDevice = await openDeviceWith(ortFeatures);
  const ours = await openOurs(source, gpu);
  const ort = await openOrtModel(source, ortDevice);
  const wasm = await createWasmBackend(source);
  return {
    ours,
    ort,
    wasm,
    wasmIsExact: network.layers.every(({ mlp }) => dtypes(mlp.up.weight) === 'f32'),
    settleOurs: () => workDone(gpu.device),
    settleOrt: () => workDone(ortDevice),
    async dispose() {
      ours.dispose();
      wasm.dispose();
      await ort.dispose();
      gpu.device.destroy();
      ortDevice.destroy();
    },
  };
}

/** A device as our page opens it. Throws `no-webgpu`. */
export async function openGpu(): Promise<Gpu> {
  return openDevice(await findAdapter(navigator.gpu));
}
