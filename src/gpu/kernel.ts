import { UnmaskError } from '../errors';
import type { BufferSlice } from './buffers';
import { workDone } from './work-done';

/** A shader, joined from the parts it needs and its own file: the stem names the file, and in snake_case the entry point. */
export interface KernelSource {
  /** `matmul-few` */
  readonly stem: string;
  readonly wgsl: string;
}

/** A kernel bound to its buffers. What a "row" is, and how many workgroups it takes, its twin says. */
export interface Kernel {
  /** Encodes its dispatch for so many rows. */
  encode(pass: GPUComputePassEncoder, rows: number): void;
}

export type Workgroups = readonly [x: number, y?: number, z?: number];

/** How many pipelines are compiled, of how many that are being compiled together. */
export type CompileProgress = (done: number, total: number) => void;

/** A shader with values for its `override`s. */
interface Variant {
  readonly label: string;
  readonly descriptor: GPUComputePipelineDescriptor;
  pipeline: GPUComputePipeline | undefined;
  /** Settled once it is compiled, where `compile` began that. */
  compiled: Promise<void> | undefined;
  /** Sets pipeline and buffers of the first kernel that was bound; gone once `compile` has run it. */
  set: ((pass: GPUComputePassEncoder) => void) | undefined;
}

/**
 * Compiles each shader once for each set of override constants: by `compile`, or where a kernel is encoded before that,
 * on the spot.
 */
export class Pipelines {
  readonly device: GPUDevice;
  readonly #modules = new Map<KernelSource, GPUShaderModule>();
  readonly #variants = new Map<KernelSource, Map<string, Variant>>();

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /**
   * Binds buffers to @group(0) @binding(0 …) in order. Nothing is compiled yet.
   * `workgroups` turns a number of rows into the dispatch size.
   */
  bind(
    label: string,
    source: KernelSource,
    constants: Record<string, number>,
    buffers: readonly BufferSlice[],
    workgroups: (rows: number) => Workgroups,
  ): Kernel {
    const variant = this.#variant(source, constants);
    let bindGroup: GPUBindGroup | undefined;
    const set = (pass: GPUComputePassEncoder) => {
      variant.pipeline ??= this.device.createComputePipeline(variant.descriptor);
      bindGroup ??= this.device.createBindGroup({
        label,
        layout: variant.pipeline.getBindGroupLayout(0),
        entries: buffers.map(({ buffer, size }, binding) => ({ binding, resource: { buffer, size } })),
      });
      pass.setPipeline(variant.pipeline);
      pass.setBindGroup(0, bindGroup);
    };
    if (!variant.pipeline) variant.set ??= set;
    return {
      encode(pass, rows) {
        set(pass);
        pass.dispatchWorkgroups(...workgroups(rows));
      },
    };
  }

  /**
   * Compiles all that was bound and is not compiled yet, together and without holding up the page, and then dispatches
   * each pipeline once with no workgroups: some drivers compile only then. Throws `internal` where one is refused.
   */
  async compile(onProgress?: CompileProgress): Promise<void> {
    const variants = [...this.#variants.values()].flatMap((of) => [...of.values()]);
    const waiting = variants.filter(({ set }) => set !== undefined);
    let done = 0;
    onProgress?.(done, waiting.length);
    await Promise.all(
      waiting.map(async (variant) => {
        variant.compiled ??= this.#create(variant);
        await variant.compiled;
        onProgress?.(++done, waiting.length);
      }),
    );
    if (waiting.length > 0) await this.#dispatchEmpty(waiting);
  }

  async #create(variant: Variant): Promise<void> {
    if (variant.pipeline) return;
    try {
      const pipeline = await this.device.createComputePipelineAsync(variant.descriptor);
      variant.pipeline ??= pipeline;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new UnmaskError('internal', `WebGPU refused ${variant.label}: ${message}`, { cause });
    }
  }

  async #dispatchEmpty(variants: readonly Variant[]): Promise<void> {
    const counts = this.device.createBuffer({ label: 'no workgroups', size: 12, usage: 0x100 /* INDIRECT */ });
    // The model whose buffers these are may be gone by now: then they are compiled when they are needed.
    this.device.pushErrorScope('validation');
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const variant of variants) {
      variant.set?.(pass);
      variant.set = undefined;
      pass.dispatchWorkgroupsIndirect(counts, 0);
    }
    pass.end();
    this.device.queue.submit([encoder.finish()]);
    await this.device.popErrorScope();
    await workDone(this.device);
    counts.destroy();
  }

  #variant(source: KernelSource, constants: Record<string, number>): Variant {
    const variants = this.#variants.get(source) ?? new Map<string, Variant>();
    this.#variants.set(source, variants);
    const key = JSON.stringify(constants);
    let variant = variants.get(key);
    if (!variant) {
      const label = `${source.stem} ${key}`;
      const compute = { module: this.#module(source), entryPoint: source.stem.replaceAll('-', '_'), constants };
      variant = {
        label,
        descriptor: { label, layout: 'auto', compute },
        pipeline: undefined,
        compiled: undefined,
        set: undefined,
      };
      variants.set(key, variant);
    }
    return variant;
  }

  #module(source: KernelSource): GPUShaderModule {
    let module = this.#modules.get(source);
    if (!module) {
      module = this.device.createShaderModule({ label: source.stem, code: source.wgsl });
      this.#modules.set(source, module);
    }
    return module;
  }
}
