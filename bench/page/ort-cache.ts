import type { Tensor } from 'onnxruntime-web/webgpu';
import type { ModelConfig } from '../../src/network/model-config';

type Runtime = Pick<typeof import('onnxruntime-web/webgpu'), 'Tensor'>;

const F32 = 4;

/** Where the keys and values of a pass go: `rows` slots from the absolute `position` on, modulo the ring. */
export interface CachePlace {
  readonly rows: number;
  readonly position: number;
  readonly ring: number;
}

/** A KV ring in GPU buffers that are bound as inputs of `model.onnx`: [contextLength, hidden] f32 a layer, keys and values. */
export class OrtCache {
  /** `keys.0`, `values.0`, `keys.1` … */
  readonly outputNames: readonly string[];
  readonly #device: GPUDevice;
  readonly #hiddenSize: number;
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;

  constructor(device: GPUDevice, { layers, contextLength, hiddenSize }: ModelConfig) {
    this.#device = device;
    this.#hiddenSize = hiddenSize;
    this.outputNames = Array.from({ length: layers }, (_, layer) => [`keys.${layer}`, `values.${layer}`]).flat();
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.#buffers = new Map(
      this.outputNames.map((label) => [
        label,
        device.createBuffer({ label, size: contextLength * hiddenSize * F32, usage }),
      ]),
    );
  }

  /** The filled slots as `past_keys.0`, `past_values.0` … [1, slots, hidden]. */
  inputs({ Tensor }: Runtime, slots: number): Record<string, Tensor> {
    const dims = [1, slots, this.#hiddenSize];
    return Object.fromEntries(
      [...this.#buffers].map(([name, buffer]) => [
        `past_${name}`,
        // A tensor without numbers has no buffer to bind.
        slots === 0
          ? new Tensor('float32', new Float32Array(0), dims)
          : Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims }),
      ]),
    );
  }

  /** Copies what a pass over whole blocks made, [1, rows, hidden] on the GPU, into the ring. */
  store(made: Readonly<Record<string, Tensor>>, { rows, position, ring }: CachePlace): void {
    const slotBytes = this.#hiddenSize * F32;
    // A ring is whole blocks long, so none of them goes round its end.
    const offset = (position % ring) * slotBytes;
    const encoder = this.#device.createCommandEncoder();
    for (const [name, buffer] of this.#buffers) {
      encoder.copyBufferToBuffer(made[name]!.gpuBuffer, 0, buffer, offset, rows * slotBytes);
    }
    this.#device.queue.submit([encoder.finish()]);
    for (const name of this.outputNames) made[name]!.dispose();
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
  }
}
