import type { OrtModule } from 'onnxruntime-web/ort-wasm-simd-threaded.mjs';
import { isNode, notFetched, RUNTIME_FILES } from './runtime-file';

/**
 * onnxruntime-web's CPU module. In a browser its code is fetched here, so that a failure says what failed; in Node the
 * module reads it from its package. Throws `network`, or a RangeError where there is no memory for it.
 */
export async function loadOrtModule(numThreads: number): Promise<OrtModule> {
  const script = import('onnxruntime-web/ort-wasm-simd-threaded.mjs').catch(notFetched);
  if (isNode()) return (await script).default({ numThreads });
  const [{ default: createOrtModule }, code] = await Promise.all([script, compile()]);
  return new Promise((resolve, reject) => {
    createOrtModule({
      numThreads,
      instantiateWasm: (imports, done) => {
        WebAssembly.instantiate(code, imports).then((instance) => done(instance, code), reject);
      },
    }).then(resolve, reject);
  });
}

async function compile(): Promise<WebAssembly.Module> {
  const bytes = await RUNTIME_FILES.cpu.bytes();
  return WebAssembly.compile(bytes).catch((error: unknown) => {
    // The policy of the page's host may forbid WebAssembly.
    throw error instanceof RangeError ? error : notFetched(error);
  });
}
