import type { OrtModule } from 'onnxruntime-web/ort-wasm-simd-threaded.mjs';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { UnmaskError } from '../errors';

/**
 * onnxruntime-web's CPU module. In a browser its code is fetched here, so that a failure says what failed; in Node the
 * module reads it from its package. Throws `network`, or a RangeError where there is no memory for it.
 */
export async function loadOrtModule(numThreads: number): Promise<OrtModule> {
  const { default: createOrtModule } = await import('onnxruntime-web/ort-wasm-simd-threaded.mjs').catch(notFetched);
  if (isNode()) return createOrtModule({ numThreads });
  const code = await compile();
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
  const response = await fetch(new URL(wasmUrl, import.meta.url), { credentials: 'same-origin' }).catch(notFetched);
  if (!response.ok) return notFetched(`the server answered ${response.status}`);
  const bytes = await response.arrayBuffer().catch(notFetched);
  return WebAssembly.compile(bytes).catch((error: unknown) => {
    // A page where the code was expected, or a policy that forbids WebAssembly.
    throw error instanceof RangeError ? error : notFetched(error);
  });
}

function notFetched(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new UnmaskError(
    'network',
    `The site's runtime (WebAssembly) could not be fetched, or its host forbids it: ${reason}. Reload the page, or ` +
      'tell whoever runs the site.',
    { cause },
  );
}

export function isNode(): boolean {
  return typeof process === 'object' && process.versions?.node !== undefined;
}
