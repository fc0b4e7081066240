import { connectionLost } from '../../model/source/server-answer';
import { type Patience, watched } from '../../model/store/patience';

/** The body of one answer, read a piece at a time. */
export class RemoteStream {
  readonly #url: URL;
  readonly #patience: Patience;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** What has come and was not taken. */
  #rest = new Uint8Array(0);
  /** The next byte of the file that `take` gives. */
  position: number;
  /** Where the answer ends; null where that is the end of the file. */
  readonly end: number | null;

  constructor(
    url: URL,
    patience: Patience,
    body: ReadableStream<Uint8Array<ArrayBuffer>>,
    place: { readonly position: number; readonly end: number | null },
  ) {
    this.#url = url;
    this.#patience = patience;
    this.#reader = body.getReader();
    this.position = place.position;
    this.end = place.end;
  }

  /** At least one byte and at most so many; null at the end. Throws a `PassingFailure`, or the AbortError. */
  async take(most: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | null> {
    const lost = (cause?: unknown) => connectionLost(this.#url, cause);
    while (this.#rest.length === 0) {
      const { done, value } = await watched(this.#patience, signal, lost, (signal) => this.#next(signal, lost));
      if (done) return null;
      this.#rest = value;
    }
    const bytes = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(bytes.length);
    this.position += bytes.length;
    return bytes;
  }

  close(): void {
    this.#reader.cancel().catch(() => {});
  }

  async #next(signal: AbortSignal, lost: (cause: unknown) => Error) {
    const abort = () => this.close();
    signal.addEventListener('abort', abort);
    try {
      const piece = await this.#reader.read();
      signal.throwIfAborted();
      return piece;
    } catch (cause) {
      signal.throwIfAborted();
      throw lost(cause);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}
