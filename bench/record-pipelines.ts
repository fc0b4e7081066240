import { DenoiseLoop } from '../src/backends/webgpu/denoise-loop';
import { DeviceNetwork } from '../src/backends/webgpu/device-network';
import { networkWeights } from '../src/backends/webgpu/weights';
import { type BufferSlice, Buffers } from '../src/gpu/buffers';
import { type Kernel, type KernelSource, Pipelines, type Workgroups } from '../src/gpu/kernel';
import type { CacheDtype } from '../src/kernels/kv-cache';
import type { Lanes } from '../src/kernels/lanes';
import type { Matrix } from '../src/kernels/matrix';
import type { ModelConfig } from '../src/network/model-config';
import type { GpuWeights } from '../src/onnx/gpu-weights';

/** A pipeline of a model: what `Pipelines.get` takes, and what it is for. */
export interface RecordedPipeline {
  /** Of the first kernel that takes it: `layer.mlp.up`, or `many.layer.mlp.up` where it serves many rows. */
  readonly name: string;
  readonly source: KernelSource;
  readonly constants: Readonly<Record<string, number>>;
  /** Of that kernel. */
  readonly buffers: readonly BufferSlice[];
  readonly workgroups: (rows: number) => Workgroups;
}

/** What a pipeline depends on beside the shape of the network. */
export interface PipelineChoices {
  readonly lanes: Lanes;
  readonly cacheDtype: CacheDtype;
  readonly dtype: Matrix['dtype'];
}

/** Notes what is bound, and compiles nothing. */
class Recorder extends Pipelines {
  readonly #pipelines = new Map<string, RecordedPipeline>();
  prefix = '';

  get recorded(): RecordedPipeline[] {
    return [...this.#pipelines.values()];
  }

  override bind(...[label, source, constants, buffers, workgroups]: Parameters<Pipelines['bind']>): Kernel {
    const key = `${source.stem} ${JSON.stringify(constants)}`;
    if (!this.#pipelines.has(key)) {
      const name = this.prefix + label.replace(/^layer\d+/, 'layer');
      this.#pipelines.set(key, { name, source, constants, buffers, workgroups });
    }
    return { encode() {} };
  }
}

/** Every pipeline that a model takes on a device, for few rows and for many; its layers are taken to be alike. */
export function recordPipelines(device: GPUDevice, model: ModelConfig, choices: PipelineChoices): RecordedPipeline[] {
  const config = { ...model, network: { ...model.network, layers: model.network.layers.slice(0, 1) } };
  const pipelines = new Recorder(device);
  const buffers = new Buffers(device);
  const { lanes, cacheDtype, dtype } = choices;
  try {
    const weights = networkWeights(unreadWeights(buffers, dtype), config.network, { device, buffers, lanes });
    const network = new DeviceNetwork({ pipelines, buffers, config, weights, lanes, cacheDtype });
    new DenoiseLoop(pipelines, buffers, network);
    pipelines.prefix = 'many.';
    network.manyRows(buffers, network.mostRows);
    return pipelines.recorded;
  } finally {
    buffers.dispose();
  }
}

/** Weights that nobody reads: the vectors in full size, as they are copied, and one word for each matrix. */
function unreadWeights(buffers: Buffers, dtype: Matrix['dtype']): GpuWeights {
  const word = buffers.storage('matrix', 4);
  const values: Matrix =
    dtype === 'f32' || dtype === 'f16' ? { dtype, values: word } : { dtype, values: word, scales: word };
  return {
    vector: ({ name, size }) => buffers.storage(name, size * 4),
    matrix: ({ rows }) => [{ firstRow: 0, rows, values }],
  };
}
