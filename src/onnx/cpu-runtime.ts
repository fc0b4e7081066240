import type { OrtModule } from 'onnxruntime-web/ort-wasm-simd-threaded.mjs';
import { loadOrtModule } from './load-ort-module';
import { noRoom, runtimeFailure } from './runtime-failure';
import { isNode, RUNTIME_FILES } from './runtime-file';

/**
 * onnxruntime-web's CPU module, called without its JavaScript layer, which copies every input into the module's
 * memory and every output out of it, the KV cache in each pass included. Here tensors lie over memory of the module
 * that is allocated once; an output may lie over an input, and is then written in place where the operator can.
 */
export class CpuRuntime {
  readonly threads: number;
  readonly #module: OrtModule;
  /** Zero-terminated names, which are few. */
  readonly #names = new Map<string, number>();

  constructor(module: OrtModule, threads: number) {
    this.#module = module;
    this.threads = threads;
  }

  /** Bytes of the module's memory; it never shrinks, but what is freed is used again. */
  get memoryBytes(): number {
    return this.#bytes().byteLength;
  }

  /** Throws `out-of-memory`. */
  allocate(bytes: number): HeapMemory {
    const address = this.#module._malloc(Math.max(bytes, 16));
    if (address === 0) throw noRoom(`malloc of ${bytes} bytes`);
    return { address, bytes };
  }

  free({ address }: HeapMemory): void {
    this.#module._free(address);
  }

  /** A view of the memory, to be used before anything else is allocated. */
  bytesOf({ address, bytes }: HeapMemory): Uint8Array {
    return this.#bytes().subarray(address, address + bytes);
  }

  floatsOf({ address, bytes }: HeapMemory): Float32Array {
    return new Float32Array(this.#bytes().buffer, address, bytes / Float32Array.BYTES_PER_ELEMENT);
  }

  /** A tensor over memory, which outlives it. */
  tensor({ address }: HeapMemory, type: TensorType, shape: readonly number[]): HeapTensor {
    const { number, bytes } = TENSOR_TYPES[type];
    const module = this.#module;
    const stack = module.stackSave();
    const dims = module.stackAlloc(4 * shape.length);
    for (const [axis, size] of shape.entries()) module.setValue(dims + 4 * axis, size, 'i32');
    const length = shape.reduce((product, size) => product * size, bytes);
    const handle = module._OrtCreateTensor(number, address, length, dims, shape.length, ON_CPU);
    module.stackRestore(stack);
    if (handle === 0) throw this.#failure();
    return { handle };
  }

  release({ handle }: HeapTensor): void {
    this.#module._OrtReleaseTensor(handle);
  }

  /**
   * Opens a graph whose weights lie in the external files of these names; the session has its own copy of them. Throws
   * `out-of-memory`, or what onnxruntime says of the graph.
   */
  async createSession(graph: Uint8Array, weights: ReadonlyMap<string, Uint8Array>): Promise<CpuSession> {
    const module = this.#module;
    const memory = this.allocate(graph.byteLength);
    let options = 0;
    try {
      this.bytesOf(memory).set(graph);
      options = module._OrtCreateSessionOptions(ALL_OPTIMIZATIONS, false, false, 0, false, 0, 0, ONLY_ERRORS, 0, 0);
      for (const [name, bytes] of weights) module.mountExternalData(name, bytes);
      const handle = await module._OrtCreateSession(memory.address, graph.byteLength, options);
      if (handle === 0) throw this.#failure();
      return { handle };
    } catch (error) {
      throw runtimeFailure(error);
    } finally {
      module.unmountExternalData();
      if (options !== 0) module._OrtReleaseSessionOptions(options);
      this.free(memory);
    }
  }

  releaseSession({ handle }: CpuSession): void {
    this.#module._OrtReleaseSession(handle);
  }

  /** Runs a graph; each output is written to the memory of its tensor. Throws `out-of-memory`. */
  async run({ handle }: CpuSession, inputs: NamedTensors, outputs: NamedTensors): Promise<void> {
    const module = this.#module;
    const stack = module.stackSave();
    try {
      const [inputNames, inputValues] = this.#lists(inputs);
      const [outputNames, outputValues] = this.#lists(outputs);
      const [ins, outs] = [inputs.length, outputs.length];
      const code = await module._OrtRun(handle, inputNames, inputValues, ins, outputNames, outs, outputValues, 0);
      if (code !== 0) throw this.#failure();
    } catch (error) {
      throw runtimeFailure(error);
    } finally {
      module.stackRestore(stack);
    }
  }

  /** Addresses of a list of names and of one of tensors, on the module's stack. */
  #lists(tensors: NamedTensors): [names: number, values: number] {
    const module = this.#module;
    const [names, values] = [module.stackAlloc(4 * tensors.length), module.stackAlloc(4 * tensors.length)];
    for (const [index, [name, { handle }]] of tensors.entries()) {
      module.setValue(names + 4 * index, this.#name(name), '*');
      module.setValue(values + 4 * index, handle, '*');
    }
    return [names, values];
  }

  #name(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const bytes = this.#module.lengthBytesUTF8(name) + 1;
    const { address } = this.allocate(bytes);
    this.#module.stringToUTF8(name, address, bytes);
    this.#names.set(name, address);
    return address;
  }

  /** All of the module's memory. Reading a value lets the module notice that it has grown. */
  #bytes(): Uint8Array {
    this.#module.getValue(0, 'i8');
    return this.#module.HEAPU8;
  }

  #failure(): Error {
    const module = this.#module;
    const stack = module.stackSave();
    const places = module.stackAlloc(8);
    module._OrtGetLastError(places, places + 4);
    const message = module.UTF8ToString(module.getValue(places + 4, '*'));
    module.stackRestore(stack);
    return new Error(message);
  }
}

/** Memory of the module. */
export interface HeapMemory {
  readonly address: number;
  readonly bytes: number;
}

export interface HeapTensor {
  readonly handle: number;
}

export interface CpuSession {
  readonly handle: number;
}

export type NamedTensors = readonly (readonly [name: string, tensor: HeapTensor])[];

/** By ONNX's own numbers (`TensorProto.DataType`). */
const TENSOR_TYPES = { float32: { number: 1, bytes: 4 }, int64: { number: 7, bytes: 8 } } as const;
export type TensorType = keyof typeof TENSOR_TYPES;

const ON_CPU = 1;
const ALL_OPTIMIZATIONS = 99;
const ONLY_ERRORS = 3;

let runtime: Promise<CpuRuntime> | undefined;

/** The runtime, which a page or a worker has one of. Throws `network` where it cannot be had, and `out-of-memory`. */
export function cpuRuntime(): Promise<CpuRuntime> {
  runtime ??= openRuntime().catch((error: unknown) => {
    runtime = undefined;
    throw runtimeFailure(error);
  });
  return runtime;
}

async function openRuntime(): Promise<CpuRuntime> {
  const threads = threadCount();
  const module = await loadOrtModule(threads);
  if (module._OrtInit(threads, ONLY_ERRORS) !== 0) throw new Error('onnxruntime does not start');
  RUNTIME_FILES.cpu.release();
  return new CpuRuntime(module, threads);
}

/** More gain nothing on passes of a few rows. */
const MOST_THREADS = 4;

/**
 * In a browser threads share memory, which takes a page that is cross-origin isolated; WebKitGTK isolates pages and
 * shares no memory all the same. In Node there is one unless UNMASK_THREADS says otherwise: where other work takes the
 * cores, each step of a pass waits for the slowest thread.
 */
function threadCount(): number {
  if (isNode()) return Math.max(1, Math.min(MOST_THREADS, Math.floor(Number(process.env.UNMASK_THREADS ?? 1)) || 1));
  const shares = globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function';
  return shares ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
}
