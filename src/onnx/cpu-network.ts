import { hiddenSize, type Network } from '../network/network';
import { CpuCache } from './cpu-cache';
import type { CpuRuntime, CpuSession, HeapMemory, HeapTensor, NamedTensors, TensorType } from './cpu-runtime';
import { finalNorm } from './final-norm';
import { readRow, type StoredRows } from './stored-rows';

/** The parts of a network that hold its weights, in the runtime's memory but for the embedding. */
export interface CpuParts {
  /** Rows of the embedding as they are stored, part after part. */
  readonly embedding: readonly StoredRows[];
  readonly layers: readonly CpuSession[];
  readonly finalNorm: { readonly weight: Float32Array; readonly bias: Float32Array | null };
  /** Each computes the logits of so many ids, one after the other. */
  readonly head: readonly { readonly session: CpuSession; readonly rows: number }[];
  readonly headBias: Float32Array | null;
}

/** The rows of a pass. */
export interface CpuPass {
  readonly ids: readonly number[];
  /** [rows, headSize / 2] each: RoPE of each row. */
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  /** Where the keys and values of each row go; below the cache's capacity. */
  readonly slots: readonly number[];
  /** [rows, capacity]: added to the scores. */
  readonly bias: Float32Array;
}

/** A network on the CPU: one session a layer, over activations and caches that stay in the runtime's memory. */
export class CpuNetwork {
  readonly #runtime: CpuRuntime;
  readonly #network: Network;
  readonly #parts: CpuParts;

  constructor(runtime: CpuRuntime, network: Network, parts: CpuParts) {
    this.#runtime = runtime;
    this.#network = network;
    this.#parts = parts;
  }

  /** How many threads compute. */
  get threads(): number {
    return this.#runtime.threads;
  }

  newCache(): CpuCache {
    return new CpuCache(this.#runtime, this.#network);
  }

  /** Runs the layers: [rows, hidden] before the final norm. Throws `out-of-memory`. */
  async pass({ ids, cos, sin, slots, bias }: CpuPass, cache: CpuCache): Promise<Float32Array> {
    const { kvHeads, headSize } = this.#network.layers[0]!.attention;
    const rows = ids.length;
    const width = hiddenSize(this.#network);
    const memory = new PassMemory(this.#runtime);
    try {
      const activations = [memory.floats(rows * width), memory.floats(rows * width)];
      this.#embed(ids, this.#runtime.floatsOf(activations[0]!));
      const tensors = activations.map((each) => memory.tensor(each, 'float32', [rows, width]));
      const shared: NamedTensors = [
        ['cos', memory.filled(cos, [rows, headSize / 2])],
        ['sin', memory.filled(sin, [rows, headSize / 2])],
        ['slots', memory.slots(slots, kvHeads)],
        ['bias', memory.filled(bias, [rows, cache.capacity])],
      ];
      for (const [index, session] of this.#parts.layers.entries()) {
        const { keys, values } = cache.layers[index]!;
        const [x, y] = [tensors[index % 2]!, tensors[(index + 1) % 2]!];
        await this.#runtime.run(
          session,
          [['x', x], ...shared, ['past_keys', keys.tensor], ['past_values', values.tensor]],
          [
            ['y', y],
            ['keys', keys.tensor],
            ['values', values.tensor],
          ],
        );
      }
      return this.#runtime.floatsOf(activations[this.#parts.layers.length % 2]!).slice();
    } finally {
      memory.free();
    }
  }

  /** Raw logits [rows, vocab] of what a pass gave [rows, hidden]. Throws `out-of-memory`. */
  async logits(hidden: Float32Array): Promise<Float32Array> {
    const width = hiddenSize(this.#network);
    const rows = hidden.length / width;
    const vocabulary = this.#network.embedding.rows;
    const { head, headBias } = this.#parts;
    const logits = new Float32Array(rows * vocabulary);
    const memory = new PassMemory(this.#runtime);
    try {
      const normed = finalNorm(this.#network.finalNorm, this.#parts.finalNorm, hidden);
      const x = memory.filled(normed, [rows, width]);
      let first = 0;
      for (const part of head) {
        const out = memory.floats(rows * part.rows);
        await this.#runtime.run(
          part.session,
          [['x', x]],
          [['logits', memory.tensor(out, 'float32', [rows, part.rows])]],
        );
        const numbers = this.#runtime.floatsOf(out);
        for (let row = 0; row < rows; row++) {
          logits.set(numbers.subarray(row * part.rows, (row + 1) * part.rows), row * vocabulary + first);
        }
        first += part.rows;
      }
    } finally {
      memory.free();
    }
    if (headBias) for (let i = 0; i < logits.length; i++) logits[i]! += headBias[i % vocabulary]!;
    return logits;
  }

  /** Frees the weights' memory for other models. */
  release(): void {
    for (const session of [...this.#parts.layers, ...this.#parts.head.map(({ session }) => session)]) {
      this.#runtime.releaseSession(session);
    }
  }

  #embed(ids: readonly number[], x: Float32Array): void {
    const width = hiddenSize(this.#network);
    for (const [row, id] of ids.entries()) {
      let first = 0;
      for (const part of this.#parts.embedding) {
        if (id < first + part.rows) {
          readRow(part, id - first, x.subarray(row * width, (row + 1) * width));
          break;
        }
        first += part.rows;
      }
    }
  }
}

/** Memory and tensors that live as long as a pass. */
class PassMemory {
  readonly #runtime: CpuRuntime;
  readonly #memories: HeapMemory[] = [];
  readonly #tensors: HeapTensor[] = [];

  constructor(runtime: CpuRuntime) {
    this.#runtime = runtime;
  }

  floats(count: number): HeapMemory {
    return this.#allocate(count * Float32Array.BYTES_PER_ELEMENT);
  }

  tensor(memory: HeapMemory, type: TensorType, shape: readonly number[]): HeapTensor {
    const tensor = this.#runtime.tensor(memory, type, shape);
    this.#tensors.push(tensor);
    return tensor;
  }

  filled(numbers: Float32Array, shape: readonly number[]): HeapTensor {
    const memory = this.floats(numbers.length);
    this.#runtime.floatsOf(memory).set(numbers);
    return this.tensor(memory, 'float32', shape);
  }

  /** [heads, rows, 2] int64: the head, and the slot of each row. */
  slots(slots: readonly number[], heads: number): HeapTensor {
    const memory = this.#allocate(heads * slots.length * 2 * BigInt64Array.BYTES_PER_ELEMENT);
    const bytes = this.#runtime.bytesOf(memory);
    // Whole numbers of 64 bits, little endian, whose upper halves are 0.
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Uint32Array.BYTES_PER_ELEMENT);
    words.fill(0);
    for (let head = 0; head < heads; head++) {
      for (const [row, slot] of slots.entries()) {
        const at = 4 * (head * slots.length + row);
        words[at] = head;
        words[at + 2] = slot;
      }
    }
    return this.tensor(memory, 'int64', [heads, slots.length, 2]);
  }

  free(): void {
    for (const tensor of this.#tensors) this.#runtime.release(tensor);
    for (const memory of this.#memories) this.#runtime.free(memory);
  }

  #allocate(bytes: number): HeapMemory {
    const memory = this.#runtime.allocate(bytes);
    this.#memories.push(memory);
    return memory;
  }
}
