import { outOfMemory } from '../out-of-memory';
import { tooLong } from './open-model-source';
import { piecesOf } from './pieces';
import { bodyOf, connectionLost, hasExpired } from './server-answer';

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
    throw connectionLost(url, cause);
  };
  onBytes(0);
  const bytes = allocate(url, limit);
  const ask = () => fetch(url, { cache: 'no-cache', signal: signal ?? null }).catch(lost);
  let response = await ask();
  if (hasExpired(response)) {
    response.body?.cancel().catch(() => {});
    response = await ask();
  }
  let length = 0;
  for await (const piece of piecesOf(bodyOf(response, url), lost)) {
    if (length + piece.length > limit) throw tooLong(url.pathname.split('/').at(-1)!, limit);
    bytes.set(piece, length);
    length += piece.length;
    onBytes(length);
  }
  return bytes.subarray(0, length);
}

/** In one piece, since a list of pieces would be in memory twice when joined. */
function allocate(url: URL, bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw outOfMemory(url.href, bytes, cause);
  }
}
