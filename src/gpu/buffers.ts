import { UnmaskError } from '../errors';

/** Part of a buffer, bound with an explicit size: ORT pads its buffers, so `arrayLength` is never trusted. */
export interface BufferSlice {
  readonly buffer: GPUBuffer;
  /** A multiple of 4. */
  readonly size: number;
}

const STORAGE = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST
const UNIFORM = 0x40 | 0x80 | 0x04 | 0x08; // UNIFORM | STORAGE | COPY_SRC | COPY_DST
const READBACK = 0x01 | 0x08; // MAP_READ | COPY_DST

/**
 * The one owner of a set of GPU buffers: what it creates or adopts it destroys, all at once.
 * `dispose` may be called twice; creating after it throws, and so does what is larger than the device binds.
 */
export class Buffers {
  readonly #device: GPUDevice;
  readonly #live = new Set<GPUBuffer>();
  readonly #parts = new Set<Buffers>();
  #disposed = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of buffers not yet destroyed, those of parts included. */
  get count(): number {
    return [...this.#parts].reduce((sum, part) => sum + part.count, this.#live.size);
  }

  /** A set that goes with this one, and can go before it. */
  part(): Buffers {
    this.#check();
    const part = new Buffers(this.#device);
    this.#parts.add(part);
    return part;
  }

  /** Zero-filled storage of `size` bytes. */
  storage(label: string, size: number): BufferSlice {
    return this.#create(label, size, STORAGE);
  }

  /** A uniform buffer of `size` bytes; a kernel can bind it as storage to write it for those that follow. */
  uniform(label: string, size: number): BufferSlice {
    return this.#create(label, size, UNIFORM);
  }

  /** A buffer that JavaScript can map to read. */
  readback(label: string, size: number): BufferSlice {
    return this.#create(label, size, READBACK);
  }

  /** Takes over a buffer made elsewhere. */
  adopt(buffer: GPUBuffer, size: number): BufferSlice {
    this.#check();
    this.#live.add(buffer);
    return { buffer, size };
  }

  dispose(): void {
    this.#disposed = true;
    for (const part of this.#parts) part.dispose();
    this.#parts.clear();
    for (const buffer of this.#live) buffer.destroy();
    this.#live.clear();
  }

  #create(label: string, size: number, usage: GPUBufferUsageFlags): BufferSlice {
    this.#check();
    const padded = Math.max(16, Math.ceil(size / 4) * 4);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const largest = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (padded > largest) {
      const mebibytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
      throw new UnmaskError(
        'out-of-memory',
        `${label} takes ${mebibytes(padded)} MiB in one piece, and this GPU binds at most ${mebibytes(largest)}.`,
      );
    }
    const buffer = this.#device.createBuffer({ label, size: padded, usage });
    this.#live.add(buffer);
    return { buffer, size: padded };
  }

  #check(): void {
    if (this.#disposed) throw new UnmaskError('internal', 'These GPU buffers were already freed.');
  }
}
