import { UnmaskError } from '../errors';

export type OnProgress = (loadedBytes: number, totalBytes: number) => void;

/**
 * A .wasm file of onnxruntime-web, which a browser fetches once. Progress counts the bytes as they are when unpacked,
 * whose number is known: what a host says of a compressed answer is another number, or nothing.
 */
export class RuntimeFile {
  readonly totalBytes: number;
  readonly #url: string | URL;
  readonly #listeners = new Set<OnProgress>();
  #loadedBytes = 0;
  #bytes: Promise<Uint8Array<ArrayBuffer>> | undefined;

  constructor(url: string | URL, totalBytes: number) {
    this.#url = url;
    this.totalBytes = totalBytes;
  }

  /** Fetches the file, or joins a fetch that is under way. Throws `network` where it cannot be had. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    this.#bytes ??= this.#fetch()
      .catch((error: unknown) => {
        this.#bytes = undefined;
        throw error;
      })
      .finally(() => this.#listeners.clear());
    return this.#bytes;
  }

  /** Frees the bytes of a runtime that has started. */
  release(): void {
    this.#bytes = undefined;
  }

  /** Tells at once how much has come, and then of every piece until the file is whole. */
  follow(onProgress: OnProgress): void {
    onProgress(this.#loadedBytes, this.totalBytes);
    if (this.#loadedBytes < this.totalBytes) this.#listeners.add(onProgress);
  }

  async #fetch(): Promise<Uint8Array<ArrayBuffer>> {
    this.#count(0);
    const response = await fetch(this.#url, { credentials: 'same-origin' }).catch(notFetched);
    if (!response.ok || !response.body) return notFetched(`the server answered ${response.status}`);
    const bytes = new Uint8Array(this.totalBytes);
    let length = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read().catch(notFetched);
      if (done) break;
      // A page where the code was expected, such as the sign-in page of a public network.
      if (length + value.length > bytes.length) return notFetched('the server answered with another file');
      bytes.set(value, length);
      length += value.length;
      this.#count(length);
    }
    if (length < bytes.length) return notFetched(`the server answered with ${length} of ${bytes.length} bytes`);
    return bytes;
  }

  #count(loadedBytes: number): void {
    this.#loadedBytes = loadedBytes;
    for (const listener of this.#listeners) listener(loadedBytes, this.totalBytes);
  }
}

/** The builds of onnxruntime-web 1.30, at URLs that bundlers know to make files of: for the CPU, and for WebGPU with and without the browser's stack switching. */
export const RUNTIME_FILES = {
  cpu: new RuntimeFile(new URL('onnxruntime-web/ort-wasm-simd-threaded.wasm', import.meta.url), 14_239_897),
  jspi: new RuntimeFile(new URL('onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm', import.meta.url), 16_758_545),
  asyncify: new RuntimeFile(
    new URL('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm', import.meta.url),
    26_781_914,
  ),
} as const;

/** Throws the sentence for a runtime that cannot be had. */
export function notFetched(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new UnmaskError(
    'network',
    `The site's runtime (WebAssembly) could not be fetched, or its host forbids it: ${reason}. Reload the page, or ` +
      'tell whoever runs the site.',
    { cause },
  );
}

/** In Node onnxruntime-web reads its files from its package. */
export function isNode(): boolean {
  return typeof process === 'object' && process.versions?.node !== undefined;
}
