import { type Attention, cacheWidth, type Network } from '../network/network';
import type { CpuRuntime, HeapMemory, HeapTensor } from './cpu-runtime';

/** Keys (after RoPE) or values of a layer: [kvHeads, capacity, headSize] in the runtime's memory. */
interface CachedRows {
  readonly memory: HeapMemory;
  readonly tensor: HeapTensor;
}

export interface CachedLayer {
  readonly keys: CachedRows;
  readonly values: CachedRows;
}

/** Slots that the cache grows by at least; a multiple of it lets rows of slots be aligned. */
const GROWTH = 64;

/**
 * A sequence's keys and values in all layers, where the sessions write and read them in place. A head's slots lie one
 * after the other, so the cache is laid out anew when it grows: by an eighth or more, so this is seldom.
 */
export class CpuCache {
  readonly #runtime: CpuRuntime;
  readonly #network: Network;
  readonly #layers: CachedLayer[] = [];
  #capacity = 0;

  constructor(runtime: CpuRuntime, network: Network) {
    this.#runtime = runtime;
    this.#network = network;
  }

  get layers(): readonly CachedLayer[] {
    return this.#layers;
  }

  /** Slots that there is room for. */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Makes room for so many slots, of a ring of at most `most`. Throws `out-of-memory`: then what was in the cache is
   * lost.
   */
  reserve(slots: number, most: number): void {
    if (slots <= this.#capacity) return;
    const wanted = Math.ceil((slots + slots / 8) / GROWTH) * GROWTH;
    this.#resize(Math.min(most, wanted));
  }

  dispose(): void {
    for (const layer of this.#layers.splice(0)) this.#free(layer);
    this.#capacity = 0;
  }

  /** Layer after layer, so that no more than one is there twice. */
  #resize(capacity: number): void {
    const before = this.#capacity;
    try {
      for (const [index, { attention }] of this.#network.layers.entries()) {
        const layer = { keys: this.#allocate(attention, capacity), values: this.#allocate(attention, capacity) };
        const old = this.#layers[index];
        this.#layers[index] = layer;
        if (!old) continue;
        this.#copy(old.keys, before, layer.keys, capacity, attention);
        this.#copy(old.values, before, layer.values, capacity, attention);
        this.#free(old);
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.#capacity = capacity;
  }

  #allocate(attention: Attention, capacity: number): CachedRows {
    const memory = this.#runtime.allocate(capacity * cacheWidth(attention) * Float32Array.BYTES_PER_ELEMENT);
    // What no pass has written is hidden, but must be a number all the same.
    this.#runtime.bytesOf(memory).fill(0);
    const shape = [attention.kvHeads, capacity, attention.headSize];
    return { memory, tensor: this.#runtime.tensor(memory, 'float32', shape) };
  }

  #copy(from: CachedRows, slots: number, to: CachedRows, capacity: number, { kvHeads, headSize }: Attention): void {
    const [source, target] = [this.#runtime.floatsOf(from.memory), this.#runtime.floatsOf(to.memory)];
    for (let head = 0; head < kvHeads; head++) {
      const at = head * slots * headSize;
      target.set(source.subarray(at, at + slots * headSize), head * capacity * headSize);
    }
  }

  #free({ keys, values }: CachedLayer): void {
    for (const { memory, tensor } of [keys, values]) {
      this.#runtime.release(tensor);
      this.#runtime.free(memory);
    }
  }
}
