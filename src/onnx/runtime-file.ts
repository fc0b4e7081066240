import { UnmaskError } from '../errors';

export type OnProgress = (loadedBytes: number, totalBytes: number) => void;

/** How many bytes a file has, as it is and as a host sends it with gzip. */
interface Size {
  readonly whole: number;
  readonly packed: number;
}

/**
 * A .wasm file of onnxruntime-web, which a browser fetches once. Progress counts the bytes that the connection carries:
 * a browser hands out unpacked ones, so of a compressed answer it is their share of what the host says, or else of what
 * gzip makes of the file.
 */
export class RuntimeFile {
  readonly size: Size;
  readonly #url: string | URL;
  readonly #listeners = new Set<OnProgress>();
  /** Null until a host has answered. */
  #progress: readonly [loadedBytes: number, totalBytes: number] | null = null;
  #bytes: Promise<Uint8Array<ArrayBuffer>> | undefined;

  constructor(url: string | URL, size: Size) {
    this.#url = url;
    this.size = size;
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

  /** Tells how much has come, once a host has answered, and then of every piece until the file is whole. */
  follow(onProgress: OnProgress): void {
    if (this.#progress) onProgress(...this.#progress);
    if (!this.#progress || this.#progress[0] < this.#progress[1]) this.#listeners.add(onProgress);
  }

  async #fetch(): Promise<Uint8Array<ArrayBuffer>> {
    const response = await fetch(this.#url, { credentials: 'same-origin' }).catch(notFetched);
    if (!response.ok || !response.body) return notFetched(`the server answered ${response.status}`);
    const carried = this.#carriedBytes(response);
    this.#count(0, carried);
    const bytes = new Uint8Array(this.size.whole);
    let length = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read().catch(notFetched);
      if (done) break;
      // A page where the code was expected, such as the sign-in page of a public network.
      if (length + value.length > bytes.length) return notFetched('the server answered with another file');
      bytes.set(value, length);
      length += value.length;
      this.#count(Math.round((length / bytes.length) * carried), carried);
    }
    if (length < bytes.length) return notFetched(`the server answered with ${length} of ${bytes.length} bytes`);
    return bytes;
  }

  /** What the connection carries of it. */
  #carriedBytes({ headers }: Response): number {
    const { whole, packed } = this.size;
    if (!headers.get('content-encoding')) return whole;
    const said = Number(headers.get('content-length'));
    return said > 0 && said < whole ? said : packed;
  }

  #count(loadedBytes: number, totalBytes: number): void {
    this.#progress = [loadedBytes, totalBytes];
    for (const listener of this.#listeners) listener(loadedBytes, totalBytes);
  }
}

/** The builds of onnxruntime-web 1.30, at URLs that bundlers know to make files of: for the CPU, and for WebGPU with and without the browser's stack switching. */
export const RUNTIME_FILES = {
  cpu: new RuntimeFile(new URL('onnxruntime-web/ort-wasm-simd-threaded.wasm', import.meta.url), {
    whole: 14_239_897,
    packed: 3_695_884,
  }),
  jspi: new RuntimeFile(new URL('onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm', import.meta.url), {
    whole: 16_758_545,
    packed: 4_146_194,
  }),
  asyncify: new RuntimeFile(new URL('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm', import.meta.url), {
    whole: 26_781_914,
    packed: 6_673_531,
  }),
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
