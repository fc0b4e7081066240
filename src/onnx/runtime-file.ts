import { UnmaskError } from '../errors';

export type OnProgress = (loadedBytes: number, totalBytes: number) => void;

/** What compression leaves of these files, by its name in the answer; of others about as much as with gzip. */
const PACKED_SHARE: Readonly<Record<string, number>> = { br: 0.225 };
const GZIP_SHARE = 0.25;

/**
 * A .wasm file of onnxruntime-web, which a browser fetches once. Progress counts bytes as they come over the line: of a
 * compressed answer as many as its host says, or about as many as compression leaves, and of these the share that is
 * unpacked.
 */
export class RuntimeFile {
  readonly totalBytes: number;
  readonly #url: string | URL;
  readonly #listeners = new Set<OnProgress>();
  /** Of the file, unpacked. */
  #loadedBytes = 0;
  /** What the whole file takes of the line; undefined until the host has answered. */
  #lineBytes: number | undefined;
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

  /**
   * Tells how much has come once the host has answered, and then of every piece until the file is whole. One that is
   * here already takes nothing of the line.
   */
  follow(onProgress: OnProgress): void {
    if (this.#loadedBytes === this.totalBytes) {
      onProgress(0, 0);
      return;
    }
    this.#listeners.add(onProgress);
    this.#tell(onProgress);
  }

  async #fetch(): Promise<Uint8Array<ArrayBuffer>> {
    this.#loadedBytes = 0;
    this.#lineBytes = undefined;
    const response = await fetch(this.#url, { credentials: 'same-origin' }).catch(notFetched);
    if (!response.ok || !response.body) return notFetched(`the server answered ${response.status}`);
    this.#lineBytes = lineBytes(response.headers, this.totalBytes);
    this.#count(0);
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
    for (const listener of this.#listeners) this.#tell(listener);
  }

  #tell(onProgress: OnProgress): void {
    if (this.#lineBytes === undefined) return;
    onProgress(Math.round((this.#lineBytes * this.#loadedBytes) / this.totalBytes), this.#lineBytes);
  }
}

/** What an answer to a request for so many bytes takes of the line. */
export function lineBytes(headers: Headers, totalBytes: number): number {
  const encoding = headers.get('content-encoding');
  if (encoding === null || encoding === 'identity') return totalBytes;
  const told = Number(headers.get('content-length'));
  return told > 0 ? told : Math.round(totalBytes * (PACKED_SHARE[encoding] ?? GZIP_SHARE));
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
