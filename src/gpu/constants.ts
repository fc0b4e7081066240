import type { BufferSlice, Buffers } from './buffers';

/** Small uniforms whose contents never change: one buffer for each content, however many kernels read it. */
export class Constants {
  readonly #device: GPUDevice;
  readonly #buffers: Buffers;
  readonly #slices = new Map<string, BufferSlice>();

  /** `buffers` owns all of them. */
  constructor(device: GPUDevice, buffers: Buffers) {
    this.#device = device;
    this.#buffers = buffers;
  }

  /** A uniform of these u32. */
  words(label: string, words: readonly number[]): BufferSlice {
    const key = words.join();
    const known = this.#slices.get(key);
    if (known) return known;
    const data = Uint32Array.from(words);
    const slice = this.#buffers.uniform(label, data.byteLength);
    this.#device.queue.writeBuffer(slice.buffer, 0, data);
    this.#slices.set(key, slice);
    return slice;
  }
}
