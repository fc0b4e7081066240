import { UnmaskError } from '../../errors';
import { shownUrl } from '../../model/source/file-url';
import { connectionLost, hasExpired, PassingFailure } from '../../model/source/server-answer';
import { contentRangeStart } from '../../model/store/content-range';
import { type Patience, pause, watched } from '../../model/store/patience';
import { RemoteStream } from './remote-stream';
import { BusyServer, MissingFile, refusalOf } from './server-refusal';

/** Bytes that a request asks for that goes on from nothing: a header and what is near it. */
const FIRST_BYTES = 2 ** 18;
/** Places of a file that are read in turns, such as an embedding and a head that may be the same. */
const STREAMS = 2;
/** Bytes that are read and dropped rather than asking again. */
const SKIPPED_BYTES = 2 ** 20;
/** Tries without a byte after which a server's ranges are taken for broken. */
const TRIES_BEFORE_WHOLE = 2;

/**
 * A file on a server, read by ranges. Reads that follow each other share a request. A connection that is lost is
 * tried again from where it broke; a server whose ranges do not work is asked for the whole file.
 */
export class RemoteFile {
  readonly url: URL;
  readonly #patience: Patience;
  /** Those that are open, or were read to their end last. */
  #streams: RemoteStream[] = [];
  /** Whether ranges are not to be asked for. */
  #isWhole = false;
  /** What the server says of the file's version. */
  #version: string | null = null;

  constructor(url: URL, patience: Patience) {
    this.url = url;
    this.#patience = patience;
  }

  /** What tells this version of the file from another, as far as the server says so; once something was read. */
  get version(): string | null {
    return this.#version;
  }

  /**
   * So many bytes. Throws `network`, a `PassingFailure` where a further try may help; `bad-model` for a file that has
   * changed on the way; or the AbortError.
   */
  async read(from: number, length: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    let done = 0;
    const take = (piece: Uint8Array) => {
      bytes.set(piece, done);
      done += piece.length;
    };
    await this.#try(signal, async () => {
      const before = done;
      try {
        while (done < length) take(await this.#some(from + done, length - done, signal));
      } catch (error) {
        throw done > before ? new Progressed(error) : error;
      }
    });
    return bytes;
  }

  /** The whole file, of at most `limit` bytes; null where there is none. Throws as `read`. */
  async readWhole(limit: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | null> {
    let pieces: Uint8Array<ArrayBuffer>[] = [];
    const found = await this.#try(signal, async () => {
      this.close();
      pieces = [];
      let size = 0;
      const stream = await this.#open({ position: 0, end: null }, signal).catch(nullIfMissing);
      if (!stream) return false;
      this.#streams = [stream];
      for (;;) {
        const piece = await stream.take(limit + 1, signal);
        if (!piece) break;
        size += piece.length;
        if (size > limit) throw new UnmaskError('bad-model', `${shownUrl(this.url)} has more than ${limit} bytes.`);
        pieces.push(piece);
      }
      return true;
    });
    this.close();
    return found ? new Uint8Array(await new Blob(pieces).arrayBuffer()) : null;
  }

  /** Ends what is under way; a further read asks anew. */
  close(): void {
    for (const stream of this.#streams) stream.close();
    this.#streams = [];
  }

  /** Runs something until it works, or several tries in a row brought nothing. */
  async #try<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    let triesInVain = 0;
    for (;;) {
      try {
        return await run();
      } catch (thrown) {
        this.close();
        signal.throwIfAborted();
        const error = thrown instanceof Progressed ? thrown.cause : thrown;
        if (!(error instanceof PassingFailure)) throw error;
        triesInVain = thrown instanceof Progressed ? 0 : triesInVain + 1;
        if (triesInVain >= TRIES_BEFORE_WHOLE && !(error instanceof BusyServer)) this.#isWhole = true;
        const wait = this.#patience.waitsMs[triesInVain];
        if (wait === undefined) throw error;
        await pause(error instanceof BusyServer ? Math.max(wait, error.waitMs) : wait, signal);
      }
    }
  }

  /** Some of the bytes from one on. */
  async #some(at: number, most: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const stream = await this.#streamAt(at, most, signal);
    const bytes = await stream.take(most, signal);
    if (!bytes) throw connectionLost(this.url);
    return bytes;
  }

  /** A stream that stands at this byte. */
  async #streamAt(at: number, length: number, signal: AbortSignal): Promise<RemoteStream> {
    const isNear = ({ position, end }: RemoteStream) =>
      at >= position && (end === null || at < end) && (this.#isWhole || at - position <= SKIPPED_BYTES);
    const [near] = this.#streams.filter(isNear).sort((a, b) => b.position - a.position);
    if (near) {
      await skip(near, at, this.url, signal);
      return near;
    }
    const before = this.#streams.find(({ position }) => position === at);
    this.#drop(before ?? (this.#streams.length === STREAMS ? this.#streams[0] : undefined));
    // What goes on from a read before is read to its end, most likely.
    const end = before && at > 0 ? null : at + Math.max(length, FIRST_BYTES);
    const stream = await this.#open(this.#isWhole ? { position: 0, end: null } : { position: at, end }, signal);
    this.#streams.push(stream);
    await skip(stream, at, this.url, signal);
    return stream;
  }

  #drop(stream: RemoteStream | undefined): void {
    stream?.close();
    this.#streams = this.#streams.filter((other) => other !== stream);
  }

  /** Asks for a range, or for the whole file. A signed address that was led to may have expired: that is tried twice. */
  async #open(
    { position, end }: { readonly position: number; readonly end: number | null },
    signal: AbortSignal,
    tries = 1,
  ): Promise<RemoteStream> {
    const { url } = this;
    const isAll = position === 0 && end === null;
    const headers: HeadersInit = isAll ? {} : { Range: `bytes=${position}-${end === null ? '' : end - 1}` };
    const response = await watched(
      this.#patience,
      signal,
      () => connectionLost(url),
      (signal) => this.#fetch(headers, signal),
    );
    const { status, ok, body } = response;
    const isPage = response.headers.get('content-type')?.startsWith('text/html');
    if (ok && body && !isPage) {
      this.#check(response);
      if (status !== 206) return new RemoteStream(url, this.#patience, body, { position: 0, end: null });
      const start = contentRangeStart(response.headers.get('content-range'), position);
      if (start === position) return new RemoteStream(url, this.#patience, body, { position, end });
    }
    body?.cancel().catch(() => {});
    if (hasExpired(response) && tries > 0) return this.#open({ position, end }, signal, tries - 1);
    const hasNoSuchRange = status === 416 || (status === 206 && !isPage);
    if (hasNoSuchRange && !this.#isWhole) {
      this.#isWhole = true;
      return this.#open({ position: 0, end: null }, signal, tries);
    }
    throw refusalOf(response, url);
  }

  /** The request itself; its answer's body is read under another watch. */
  async #fetch(headers: HeadersInit, signal: AbortSignal): Promise<Response> {
    const stop = new AbortController();
    const abort = () => stop.abort(signal.reason);
    signal.addEventListener('abort', abort);
    try {
      // What is kept here need not be kept in the browser's cache as well.
      return await fetch(this.url, { cache: 'no-store', headers, signal: stop.signal });
    } catch (cause) {
      signal.throwIfAborted();
      throw connectionLost(this.url, cause);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Throws where the file is not the one that it was. */
  #check({ headers }: Response): void {
    const version = versionOf(headers);
    this.#version ??= version;
    if (version === null || version === this.#version) return;
    throw new UnmaskError('bad-model', `${shownUrl(this.url)} was changed while it was read. Open the model again.`);
  }
}

/** A failure after some bytes had come. */
class Progressed extends Error {
  constructor(cause: unknown) {
    super('', { cause });
  }
}

async function skip(stream: RemoteStream, to: number, url: URL, signal: AbortSignal): Promise<void> {
  while (stream.position < to) {
    if (!(await stream.take(to - stream.position, signal))) throw connectionLost(url);
  }
}

function nullIfMissing(error: unknown): null {
  if (error instanceof MissingFile) return null;
  throw error;
}

/** What servers add to the tag of an answer that they compressed. */
const TAG_OF_COMPRESSED = /^W\/|[-;](gzip|br|zstd)(?="?$)/g;

function versionOf(headers: Headers): string | null {
  return headers.get('etag')?.replace(TAG_OF_COMPRESSED, '') ?? headers.get('last-modified');
}
