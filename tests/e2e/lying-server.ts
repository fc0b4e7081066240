import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { Origin } from '../origin';

/** What a server may do instead of sending the rest of a file that was asked for. */
export type Lie =
  /** It sends the file up to a byte, then nothing more. */
  | { readonly type: 'stalls'; readonly at: number }
  /** The connection breaks after a byte. */
  | { readonly type: 'breaks'; readonly at: number }
  /** It says that all was sent after a byte. */
  | { readonly type: 'ends'; readonly at: number }
  /** A byte of what it sends is another one. */
  | { readonly type: 'flips'; readonly at: number }
  /** It goes on after the end. */
  | { readonly type: 'goes-on'; readonly bytes: number }
  /** It sends the whole file whatever was asked for. */
  | { readonly type: 'ignores-range' }
  /** It sends the rest from another byte on, and says so. */
  | { readonly type: 'shifts-range'; readonly by: number }
  /** Its Content-Range is not shown to other origins. */
  | { readonly type: 'hides-range' }
  | { readonly type: 'answers'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** It compresses every part of the file as if it were the file, and says so. */
  | { readonly type: 'compresses-ranges' }
  | { readonly type: 'sends-page' };

/** Milliseconds in which what was sent is read at the other end. */
const PIECE_MS = 200;

export interface Request {
  readonly path: string;
  readonly range: string | null;
}

/** A model folder on an origin of its own, which any page may read; it knows ranges, and lies on request. */
export class LyingServer {
  readonly files: Map<string, Buffer>;
  /** What was asked for, in order. */
  readonly requests: Request[] = [];
  /** What it does to requests for a file, one after the other; then it is honest. */
  readonly lies = new Map<string, Lie[]>();
  /** What it does to every request for a file that has no other lie. */
  readonly habits = new Map<string, Lie>();
  /** The query that every request must have, or it is refused. */
  query = '';
  readonly #origin = new Origin((request, response) => this.#answer(request, response));

  constructor(files: Iterable<readonly [path: string, bytes: Buffer]>) {
    this.files = new Map(files);
  }

  get url(): string {
    return `${this.#origin.url}/tiny/`;
  }

  start(port?: number): Promise<void> {
    return this.#origin.start(port);
  }

  stop(): Promise<void> {
    return this.#origin.stop();
  }

  breakAll(): void {
    this.#origin.breakAll();
  }

  /** Forgets all lies and what was asked for. */
  reset(): void {
    this.requests.length = 0;
    this.lies.clear();
    this.habits.clear();
    this.query = '';
  }

  #answer({ url, headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, search } = new URL(url!, this.url);
    const path = pathname.replace('/tiny/', '');
    this.requests.push({ path, range: headers.range ?? null });
    const isLetIn = this.query === '' || search === this.query;
    const refusal: Lie = { type: 'answers', status: 403 };
    const lie = isLetIn ? (this.lies.get(path)?.shift() ?? this.habits.get(path)) : refusal;
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (lie?.type !== 'hides-range') response.setHeader('Access-Control-Expose-Headers', 'Content-Range');
    answer(response, this.files.get(path), headers.range, lie);
  }
}

/** Answers with a file, or that there is none, unless the server lies. */
export function answer(response: ServerResponse, file: Buffer | undefined, range?: string, lie?: Lie): void {
  if (lie?.type === 'answers') response.writeHead(lie.status, lie.headers).end('no');
  else if (!file) response.writeHead(404).end('no');
  else if (lie?.type === 'sends-page') {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><p>Sign in');
  } else {
    send(response, file, range, lie);
  }
}

/** Sends a file, or the range of it that was asked for, unless it lies. */
function send(response: ServerResponse, file: Buffer, range: string | undefined, lie: Lie | undefined): void {
  const [, asked, last] = (lie?.type === 'ignores-range' ? null : /^bytes=(\d+)-(\d*)$/.exec(range ?? '')) ?? [];
  const from = Number(asked ?? 0) + (asked && lie?.type === 'shifts-range' ? lie.by : 0);
  if (from >= file.length && asked) {
    response.writeHead(416, { 'Content-Range': `bytes */${file.length}` }).end();
    return;
  }
  const all = file;
  if (last) file = file.subarray(0, Number(last) + 1);
  if (asked) response.setHeader('Content-Range', `bytes ${from}-${file.length - 1}/${all.length}`);
  const status = asked ? 206 : 200;
  switch (lie?.type) {
    case 'stalls':
      response.writeHead(status, { 'Content-Length': file.length - from }).write(file.subarray(from, lie.at));
      break;
    case 'breaks':
      response.writeHead(status, { 'Content-Length': file.length - from });
      // Later, since a browser drops what it has not read of a connection that broke.
      response.write(file.subarray(from, lie.at), () => setTimeout(() => response.destroy(), PIECE_MS));
      break;
    case 'ends':
      response.writeHead(status).end(file.subarray(from, Math.max(from, lie.at)));
      break;
    case 'flips': {
      const bytes = Buffer.from(file);
      bytes[lie.at]! ^= 1;
      response.writeHead(status).end(bytes.subarray(from));
      break;
    }
    case 'goes-on':
      response.writeHead(status);
      // In pieces, so that the file has come whole when the excess comes.
      response.write(file.subarray(from), () => setTimeout(() => response.end(Buffer.alloc(lie.bytes)), PIECE_MS));
      break;
    case 'compresses-ranges':
      // A part of what the whole file is when it is compressed, which nobody can read.
      response.writeHead(status, { 'Content-Encoding': 'gzip' });
      response.end(asked ? gzipSync(all).subarray(from, from + 1000) : gzipSync(all));
      break;
    default:
      response.writeHead(status, { 'Content-Length': file.length - from }).end(file.subarray(from));
  }
}
