import type { BufferSlice } from './buffers';

/** A shader, joined from the parts it needs and its own file: the stem names the file, and in snake_case the entry point. */
export interface KernelSource {
  /** `matmul-few` */
  readonly stem: string;
  readonly wgsl: string;
}

/** A kernel bound to its buffers. What a "row" is, and how many workgroups it takes, its twin says. */
export interface Kernel {
  /** The size of its dispatch for so many rows. */
  workgroups(rows: number): Workgroups;
  encode(pass: GPUComputePassEncoder, rows: number): void;
  /** Takes the size of its dispatch from three u32 of a buffer, which a kernel may have written. */
  encodeIndirect(pass: GPUComputePassEncoder, counts: GPUBuffer, offset: number): void;
}

export type Workgroups = readonly [x: number, y?: number, z?: number];

/** Compiles each shader once for each set of override constants. */
export class Pipelines {
  readonly device: GPUDevice;
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #pipelines = new Map<string, GPUComputePipeline>();

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** The pipeline of a shader with these values for its `override`s. */
  get(source: KernelSource, constants: Record<string, number>): GPUComputePipeline {
    const key = `${source.stem} ${JSON.stringify(constants)}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      let module = this.#modules.get(source.stem);
      if (!module) {
        module = this.device.createShaderModule({ label: source.stem, code: source.wgsl });
        this.#modules.set(source.stem, module);
      }
      pipeline = this.device.createComputePipeline({
        label: key,
        layout: 'auto',
        compute: { module, entryPoint: source.stem.replaceAll('-', '_'), constants },
      });
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  /**
   * Binds buffers to @group(0) @binding(0 …) in order.
   * `workgroups` turns a number of rows into the dispatch size.
   */
  bind(
    label: string,
    source: KernelSource,
    constants: Record<string, number>,
    buffers: readonly BufferSlice[],
    workgroups: (rows: number) => Workgroups,
  ): Kernel {
    const pipeline = this.get(source, constants);
    const bindGroup = this.device.createBindGroup({
      label,
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map(({ buffer, size }, binding) => ({ binding, resource: { buffer, size } })),
    });
    const set = (pass: GPUComputePassEncoder) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
    };
    return {
      workgroups,
      encode(pass, rows) {
        set(pass);
        pass.dispatchWorkgroups(...workgroups(rows));
      },
      encodeIndirect(pass, counts, offset) {
        set(pass);
        pass.dispatchWorkgroupsIndirect(counts, offset);
      },
    };
  }
}
