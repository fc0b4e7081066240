import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { answer, type Lie } from './e2e/lying-server';
import { Origin } from './origin';

export interface HubRequest {
  readonly path: string;
  readonly range: string | null;
}

/** What an origin of the Hub shows to others. */
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Expose-Headers': 'X-Repo-Commit, ETag, Content-Range, Retry-After',
};

/** A file that is made when it is asked for. No lie is told of it. */
export interface ServedFile {
  readonly length: number;
  readonly sha256: string;
  /** The bytes from one on up to another. */
  pieces(from: number, to: number): Iterable<Buffer>;
}

/** The files of a repository, by name. */
export type RepositoryFiles = ReadonlyMap<string, Buffer | ServedFile>;

/**
 * A Hub: it describes repositories, and leads from their files to signed addresses on another origin, which send them
 * or parts of them. It lies on request.
 */
export class HubServer {
  /** By `owner/name`. */
  readonly repositories = new Map<string, RepositoryFiles>();
  /** What files were asked for at the second origin, in order. */
  readonly requests: HubRequest[] = [];
  /** What is done to requests for `owner/name/file` at the second origin, one after the other; then it is honest. */
  readonly lies = new Map<string, Lie[]>();
  /** What is done to every such request that has no other lie, and to those for `api/owner/name`. */
  readonly habits = new Map<string, Lie>();
  readonly #hub = new Origin((request, response) => this.#lead(request, response));
  readonly #store = new Origin((request, response) => this.#send(request, response));

  get url(): string {
    return this.#hub.url;
  }

  /** Starts on ports of its own, and after a stop on the same ones. */
  async start(): Promise<void> {
    await this.#hub.start();
    await this.#store.start();
  }

  async stop(): Promise<void> {
    await this.#hub.stop();
    await this.#store.stop();
  }

  /** Breaks every connection that is open. */
  breakAll(): void {
    this.#store.breakAll();
  }

  /** Forgets all lies and what was asked for. */
  reset(): void {
    this.requests.length = 0;
    this.lies.clear();
    this.habits.clear();
  }

  /** The commit that a repository is at. */
  commitOf(repository: string): string {
    const hash = createHash('sha1');
    for (const [path, bytes] of this.repositories.get(repository)!) hash.update(path).update(sha256Of(bytes));
    return hash.digest('hex');
  }

  #lead({ url, method }: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(url!, this.url);
    const [, described] = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/[^/]+$/.exec(pathname) ?? [];
    const [, listed, at, folder = ''] = /^\/api\/models\/([^/]+\/[^/]+)\/tree\/([^/]+)(\/.+)?$/.exec(pathname) ?? [];
    const [, repository, revision, path] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
    for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
    if (method !== 'GET') {
      refuse(method, response);
    } else if (described !== undefined) {
      answer(response, this.#describe(described), undefined, this.habits.get(`api/${described}`));
    } else if (listed !== undefined) {
      const isThere = this.repositories.has(listed) && at === this.commitOf(listed);
      answer(response, isThere ? this.#list(listed, folder.slice(1)) : undefined, undefined, undefined);
    } else if (repository && this.repositories.get(repository)?.has(path!) && revision === this.commitOf(repository)) {
      response.writeHead(302, { Location: `${this.#store.url}/${repository}/${path}?signature=secret` }).end();
    } else {
      response.writeHead(404, { 'X-Error-Code': 'EntryNotFound' }).end('Entry not found');
    }
  }

  #describe(repository: string): Buffer | undefined {
    if (!this.repositories.has(repository)) return undefined;
    return Buffer.from(JSON.stringify({ id: repository, sha: this.commitOf(repository), gated: false }));
  }

  /** The files and folders of a folder; '' is the repository's own. */
  #list(repository: string, folder: string): Buffer {
    const prefix = folder && `${folder}/`;
    const within = [...this.repositories.get(repository)!].filter(([path]) => path.startsWith(prefix));
    const entries = within.map(([path, bytes]) => {
      const [first, ...below] = path.slice(prefix.length).split('/');
      return below.length > 0 ? { type: 'directory', size: 0, path: `${prefix}${first}` } : entryOf(path, bytes);
    });
    return Buffer.from(JSON.stringify(entries));
  }

  #send({ url, method, headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url!, this.#store.url);
    const [, repository, path] = /^\/([^/]+\/[^/]+)\/(.+)$/.exec(pathname)!;
    const name = `${repository}/${path}`;
    for (const [header, value] of Object.entries(CORS)) response.setHeader(header, value);
    if (method !== 'GET') {
      refuse(method, response);
      return;
    }
    this.requests.push({ path: path!, range: headers.range ?? null });
    const isSigned = searchParams.get('signature') === 'secret';
    const lie = this.lies.get(name)?.shift() ?? this.habits.get(name);
    const file = isSigned ? this.repositories.get(repository!)?.get(path!) : undefined;
    if (file && !Buffer.isBuffer(file)) sendMade(response, file, headers.range);
    else answer(response, file, headers.range, lie);
  }
}

/** Other methods than GET: nobody may need HEAD, which some hosts refuse. */
function refuse(method: string | undefined, response: ServerResponse): void {
  response.writeHead(method === 'OPTIONS' ? 204 : 405).end();
}

/** What a tree has of a file. Git has a pointer to a large one. */
function entryOf(path: string, bytes: Buffer | ServedFile) {
  const size = bytes.length;
  const isLarge = /\.safetensors$|^tokenizer\.json$/.test(path);
  if (!isLarge && Buffer.isBuffer(bytes)) return { type: 'file', size, path, oid: gitBlobOf(bytes) };
  const oid = sha256Of(bytes);
  return { type: 'file', size, path, oid: gitBlobOf(Buffer.from(oid)), lfs: { oid, size, pointerSize: 130 } };
}

function gitBlobOf(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function sendMade(response: ServerResponse, file: ServedFile, range: string | undefined): void {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const from = Number(first ?? 0);
  const to = last ? Math.min(Number(last) + 1, file.length) : file.length;
  if (first) response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${file.length}`);
  response.writeHead(first ? 206 : 200, { 'Content-Length': to - from });
  // Whoever has enough closes the connection.
  pipeline(Readable.from(file.pieces(from, to)), response, () => {});
}

/** Of large files it is asked for with each request. */
const sums = new WeakMap<Buffer, string>();

function sha256Of(bytes: Buffer | ServedFile): string {
  if (!Buffer.isBuffer(bytes)) return bytes.sha256;
  const sum = sums.get(bytes) ?? createHash('sha256').update(bytes).digest('hex');
  sums.set(bytes, sum);
  return sum;
}
