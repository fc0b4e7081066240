import { createSHA1, createSHA256 } from 'hash-wasm';
import { UnmaskError } from '../../errors';
import { shownUrl } from '../../model/source/file-url';
import type { Patience } from '../../model/store/patience';
import { dataStart, LARGEST_HEADER, parseHeader } from '../../safetensors/parse-header';
import { LENGTH_BYTES } from '../../safetensors/tensor-place';
import type { CheckpointFiles } from '../checkpoint-files';
import { RemoteFile } from './remote-file';
import { MissingFile, RefusedFile } from './server-refusal';

/** A file as a server lists it. */
export interface ListedFile {
  readonly bytes: number;
  /** Of its bytes, in lower-case hex; null where the list does not say. */
  readonly sha256: string | null;
  /** The name of its blob in Git, in lower-case hex; null where the list does not say, or Git has a pointer to the file. */
  readonly gitBlob: string | null;
}

/** Of what is read whole. */
const LARGEST_SMALL = 2 ** 27;
/** Files that a connection is held open for. */
const OPEN_AT_ONCE = 2;
/** Bytes of files that are checked when they are read whole; larger ones are checked by whoever reads them. */
const CHECKED_WHOLE = 2 ** 27;

const isWeights = (path: string) => path.endsWith('.safetensors');

/**
 * The files of a checkpoint on a server. Where nothing lists them, those of weights are as long as their headers say,
 * and others are read to know whether they are there.
 */
export class RemoteFiles implements CheckpointFiles {
  readonly #urlOf: (path: string) => URL;
  readonly #list: ReadonlyMap<string, ListedFile> | null;
  readonly #patience: Patience;
  readonly #files = new Map<string, RemoteFile>();
  /** What was read whole to know its length. */
  readonly #small = new Map<string, Uint8Array<ArrayBuffer> | null>();
  readonly #sizes = new Map<string, number | null>();

  constructor(urlOf: (path: string) => URL, list: ReadonlyMap<string, ListedFile> | null, patience: Patience) {
    this.#urlOf = urlOf;
    this.#list = list;
    this.#patience = patience;
  }

  async size(path: string, signal = new AbortController().signal): Promise<number | null> {
    if (this.#list) return this.#list.get(path)?.bytes ?? null;
    const known = this.#sizes.get(path);
    if (known !== undefined) return known;
    const size = isWeights(path) ? await this.#weightsSize(path, signal) : await this.#smallSize(path, signal);
    this.#sizes.set(path, size);
    return size;
  }

  async read(
    path: string,
    from: number,
    length: number,
    signal = new AbortController().signal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const small = this.#small.get(path);
    if (small) return small.slice(from, from + length);
    const bytes = await this.#file(path).read(from, length, signal);
    const listed = this.#list?.get(path);
    if (from === 0 && length === listed?.bytes && length <= CHECKED_WHOLE) await checkSum(path, bytes, listed);
    return bytes;
  }

  sha256(path: string): string | null {
    return this.#list?.get(path)?.sha256 ?? null;
  }

  /** What tells the files that were read from those of another time, as far as the server says so. */
  get version(): string {
    const versions = [...this.#files].map(([path, { version }]) => `${path} ${version}`);
    return versions.sort().join('\n');
  }

  /** Ends the connections. */
  close(): void {
    for (const file of this.#files.values()) file.close();
  }

  /** The file, as the one read last. */
  #file(path: string): RemoteFile {
    const file = this.#files.get(path) ?? new RemoteFile(this.#urlOf(path), this.#patience);
    this.#files.delete(path);
    this.#files.set(path, file);
    // A browser has six connections to a host, and one that is not read blocks those that are.
    for (const other of [...this.#files.values()].slice(0, -OPEN_AT_ONCE)) other.close();
    return file;
  }

  async #smallSize(path: string, signal: AbortSignal): Promise<number | null> {
    const bytes = await this.#file(path)
      .readWhole(LARGEST_SMALL, signal)
      .catch((error: unknown) => {
        // Whoever gives one file and refuses another most likely does not have it.
        if (error instanceof RefusedFile && [...this.#small.values()].some(Boolean)) return null;
        throw error;
      });
    this.#small.set(path, bytes);
    return bytes?.length ?? null;
  }

  /** Hosts that compress say another length, or none. */
  async #weightsSize(path: string, signal: AbortSignal): Promise<number | null> {
    const file = this.#file(path);
    const refuse = (what: string) => new UnmaskError('bad-model', `${shownUrl(file.url)} cannot be used: ${what}.`);
    try {
      const first = await file.read(0, LENGTH_BYTES, signal);
      const start = dataStart(first, Number.MAX_SAFE_INTEGER, refuse, LARGEST_HEADER);
      const header = await file.read(LENGTH_BYTES, start - LENGTH_BYTES, signal);
      return endOf(header, start, refuse);
    } catch (error) {
      if (error instanceof MissingFile) return null;
      throw error;
    }
  }
}

/** Where the last tensor of a header ends. */
function endOf(header: Uint8Array, start: number, refuse: (what: string) => UnmaskError): number {
  const text = new TextDecoder().decode(header);
  const ends = [...text.matchAll(/"data_offsets"\s*:\s*\[\s*\d+\s*,\s*(\d+)\s*\]/g)].map(([, end]) => Number(end));
  const size = ends.reduce((most, end) => Math.max(most, end), 0) + start;
  parseHeader(header, size, refuse);
  return size;
}

/** Throws where the bytes are not those that were listed. Large files have their own sum, those in Git that of a blob. */
async function checkSum(path: string, bytes: Uint8Array, { sha256, gitBlob }: ListedFile): Promise<void> {
  const isRight =
    sha256 !== null
      ? (await createSHA256()).update(bytes).digest('hex') === sha256
      : gitBlob === null || (await gitBlobOf(bytes)) === gitBlob;
  if (!isRight) throw wrongSum(path);
}

/** https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
async function gitBlobOf(bytes: Uint8Array): Promise<string> {
  return (await createSHA1()).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** What a file throws that is not the one that was listed. */
export function wrongSum(path: string): UnmaskError {
  return new UnmaskError(
    'bad-model',
    `${path} came damaged: its checksum is not the one that its repository lists. What came of it is thrown away. Try again.`,
  );
}
