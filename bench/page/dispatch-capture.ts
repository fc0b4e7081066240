import { MethodWatch } from './method-watch';

/** A dispatch as it was encoded, to be encoded again. */
export interface Dispatch {
  /** The bind group's: `layer3.attention.out`. */
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: Parameters<GPUComputePassEncoder['dispatchWorkgroups']>;
  /** What is bound, by the labels of the buffers; a buffer that is bound twice is there once. */
  readonly buffers: readonly BoundBuffer[];
}

export interface BoundBuffer {
  readonly label: string;
  /** As bound. */
  readonly bytes: number;
}

/** Remembers bind groups from when it is made until `stop`, and what is dispatched between `start` and `take`. */
export class DispatchCapture {
  readonly #watch = new MethodWatch();
  readonly #bound = new WeakMap<GPUBindGroup, readonly BoundBuffer[]>();
  #pipeline: GPUComputePipeline | undefined;
  #bindGroup: GPUBindGroup | undefined;
  #dispatches: Dispatch[] = [];

  constructor() {
    const watch = this.#watch;
    watch.after(GPUDevice.prototype, 'createBindGroup', (_, [{ entries }], group) => {
      this.#bound.set(group, boundBuffers(entries));
    });
    watch.after(GPUComputePassEncoder.prototype, 'setPipeline', (_, [pipeline]) => {
      this.#pipeline = pipeline;
    });
    watch.after(GPUComputePassEncoder.prototype, 'setBindGroup', (_, args) => {
      this.#bindGroup = args[1] ?? undefined;
    });
    watch.after(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', (_, workgroups) => {
      const [pipeline, bindGroup] = [this.#pipeline!, this.#bindGroup!];
      const buffers = this.#bound.get(bindGroup) ?? [];
      this.#dispatches.push({ label: bindGroup.label, pipeline, bindGroup, workgroups, buffers });
    });
  }

  /** What was dispatched since the last call, or the start. */
  take(): readonly Dispatch[] {
    const dispatches = this.#dispatches;
    this.#dispatches = [];
    return dispatches;
  }

  stop(): void {
    this.#watch.stop();
  }
}

function boundBuffers(entries: Iterable<GPUBindGroupEntry>): BoundBuffer[] {
  const sizes = new Map<GPUBuffer, number>();
  for (const { resource } of entries) {
    if (!('buffer' in resource)) continue;
    sizes.set(resource.buffer, resource.size ?? resource.buffer.size);
  }
  return [...sizes].map(([{ label }, bytes]) => ({ label, bytes }));
}
