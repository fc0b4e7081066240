/** The parts of onnxruntime-web's CPU module that `cpu-runtime.ts` calls; its `lib/wasm/wasm-types.ts` has them all. */
declare module 'onnxruntime-web/ort-wasm-simd-threaded.mjs' {
  /** An address in the module's memory, or a handle, which is one; 0 where a call failed. */
  type Address = number;
  /** 0 where a call succeeded. */
  type ErrorCode = number;

  export interface OrtModule {
    readonly HEAPU8: Uint8Array<ArrayBuffer>;
    _malloc(bytes: number): Address;
    _free(address: Address): void;
    stackSave(): Address;
    stackRestore(address: Address): void;
    stackAlloc(bytes: number): Address;
    getValue(address: Address, type: 'i8' | 'i32' | '*'): number;
    setValue(address: Address, value: number, type: 'i32' | '*'): void;
    UTF8ToString(address: Address): string;
    stringToUTF8(text: string, address: Address, bytes: number): void;
    lengthBytesUTF8(text: string): number;
    mountExternalData(path: string, data: Uint8Array): void;
    unmountExternalData(): void;
    _OrtInit(threads: number, logLevel: number): ErrorCode;
    _OrtGetLastError(code: Address, message: Address): ErrorCode;
    _OrtCreateSessionOptions(
      optimizations: number,
      arena: boolean,
      memoryPattern: boolean,
      executionMode: number,
      profiling: boolean,
      profilePrefix: Address,
      logId: Address,
      logLevel: number,
      logVerbosity: number,
      optimizedModelPath: Address,
    ): Address;
    _OrtReleaseSessionOptions(options: Address): ErrorCode;
    _OrtCreateSession(graph: Address, bytes: number, options: Address): Address | Promise<Address>;
    _OrtReleaseSession(session: Address): ErrorCode;
    _OrtCreateTensor(
      type: number,
      data: Address,
      bytes: number,
      shape: Address,
      axes: number,
      location: number,
    ): Address;
    _OrtReleaseTensor(tensor: Address): ErrorCode;
    _OrtRun(
      session: Address,
      inputNames: Address,
      inputs: Address,
      inputCount: number,
      outputNames: Address,
      outputCount: number,
      outputs: Address,
      options: Address,
    ): ErrorCode | Promise<ErrorCode>;
  }

  export interface OrtModuleSettings {
    readonly numThreads: number;
    /** Gives the module's code; without, it is read from beside the module. */
    readonly instantiateWasm?: (
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ) => void;
  }

  export default function createOrtModule(settings: OrtModuleSettings): Promise<OrtModule>;
}
