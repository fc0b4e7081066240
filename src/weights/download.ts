import { UnmaskError } from '../errors';
import { tooLong } from './open-model-source';

/**
 * The bytes of a file on a server, at most `limit` of them. `onBytes` is told how many are there: 0 at
 * the start, then after each piece.
 *
 * The browser's cache is used, but the server is asked each time whether what it holds is still current
 * (a short answer without the file). Otherwise a new manifest could meet the weights of an old one, and
 * the model would look damaged for as long as the cache lasts.
 *
 * Throws `network`, `bad-model` where the file is longer than `limit`, `out-of-memory`, or the AbortError
 * of `signal`; in every case the request is over then.
 */
export async function download(
  url: URL,
  limit: number,
  onBytes: (loadedBytes: number) => void,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const lost = (cause: unknown): never => {
    signal?.throwIfAborted();
    throw failed(`${url} could not be fetched. Check the connection`, cause);
  };
  onBytes(0);
  const bytes = allocate(url, limit);
  const response = await fetch(url, { cache: 'no-cache', signal: signal ?? null }).catch(lost);
  const reader = bodyOf(response, url).getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(lost);
      if (done) return bytes.subarray(0, length);
      if (length + value.length > limit) throw tooLong(url.pathname.split('/').at(-1)!, limit);
      bytes.set(value, length);
      length += value.length;
      onBytes(length);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The body of an answer that has the file. */
function bodyOf({ ok, status, headers, body }: Response, url: URL): ReadableStream<Uint8Array<ArrayBuffer>> {
  // Servers of single-page sites, and the sign-in pages of public networks, answer 200 to everything.
  const isPage = headers.get('content-type')?.startsWith('text/html');
  if (ok && body && !isPage) return body;
  body?.cancel().catch(() => {});
  const answer = ok && isPage ? 'a web page' : status;
  throw failed(`The server answered ${url} with ${answer}. Check the connection and that the model is there`);
}

/** In one piece, since a list of pieces would be in memory twice when joined. */
function allocate(url: URL, bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    const needed = `${url} takes ${Math.ceil(bytes / 2 ** 20)} MiB of memory`;
    throw new UnmaskError('out-of-memory', `${needed}, and there is not that much. Use a smaller model.`, { cause });
  }
}

function failed(what: string, cause?: unknown): UnmaskError {
  return new UnmaskError('network', `${what}, then try again.`, { cause });
}
