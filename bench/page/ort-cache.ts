import type { Tensor } from 'onnxruntime-web/webgpu';
import type { ModelConfig } from '../../src/network/model-config';
import { cacheWidth } from '../../src/network/network';

type Runtime = Pick<typeof import('onnxruntime-web/webgpu'), 'Tensor'>;

const F32 = 4;

/** Where the keys and values of a pass go: `rows` slots from the absolute `position` on, modulo the ring. */
export interface CachePlace {
  readonly rows: number;
  readonly position: number;
  readonly ring: number;
}

/** A KV ring in GPU buffers that are bound as inputs of `ortGraph`: [contextLength, cache width] f32 a layer, keys and values. */
export class OrtCache {
  /** `keys.0`, `values.0`, `keys.1` … */
  readonly outputNames: readonly string[];
  readonly #device: GPUDevice;
  /** By name, with the features of a slot. */
  readonly #rings: ReadonlyMap<string, { readonly buffer: GPUBuffer; readonly width: number }>;

  constructor(device: GPUDevice, { network, contextLength }: ModelConfig) {
    this.#device = device;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.#rings = new Map(
      network.layers.flatMap(({ attention }, layer) => {
        const width = cacheWidth(attention);
        return [`keys.${layer}`, `values.${layer}`].map((label) => {
          const buffer = device.createBuffer({ label, size: contextLength * width * F32, usage });
          return [label, { buffer, width }] as const;
        });
      }),
    );
    this.outputNames = [...this.#rings.keys()];
  }

  /** The filled slots as `past_keys.0`, `past_values.0` … [1, slots, cache width]. */
  inputs({ Tensor }: Runtime, slots: number): Record<string, Tensor> {
    return Object.fromEntries(
      [...this.#rings].map(([name, { buffer, width }]) => {
        const dims = [1, slots, width];
        // A tensor without numbers has no buffer to bind.
        const past =
          slots === 0
            ? new Tensor('float32', new Float32Array(0), dims)
            : Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims });
        return [`past_${name}`, past];
      }),
    );
  }

  /** Copies what a pass over whole blocks made, [1, rows, cache width] on the GPU, into the ring. */
  store(made: Readonly<Record<string, Tensor>>, { rows, position, ring }: CachePlace): void {
    // A ring is whole blocks long, so none of them goes round its end.
    const slot = position % ring;
    const encoder = this.#device.createCommandEncoder();
    for (const [name, { buffer, width }] of this.#rings) {
      const slotBytes = width * F32;
      encoder.copyBufferToBuffer(made[name]!.gpuBuffer, 0, buffer, slot * slotBytes, rows * slotBytes);
    }
    this.#device.queue.submit([encoder.finish()]);
    for (const name of this.outputNames) made[name]!.dispose();
  }

  dispose(): void {
    for (const { buffer } of this.#rings.values()) buffer.destroy();
  }
}
