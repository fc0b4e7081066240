import { UnmaskError } from '../../errors';
import type { ManifestFile } from '../format/manifest';
import { fileUrl, shownUrl } from '../source/file-url';
import { piecesOf } from '../source/pieces';
import { bodyOf, connectionLost, hasExpired, PassingFailure } from '../source/server-answer';
import { contentRangeStart } from './content-range';
import type { FillFile, FillOptions } from './fill-file';
import type { PartFile } from './part-file';
import { type Patience, pause, watched } from './patience';

interface Fetching extends FillOptions {
  readonly url: URL;
  readonly file: ManifestFile;
  readonly part: PartFile;
  readonly patience: Patience;
}

/** How a request for the rest of a part ended. */
type Ending =
  /** The server has sent all that it has, from this byte on. */
  | { readonly type: 'ended'; readonly from: number }
  /** It has sent more than the manifest says. */
  | { readonly type: 'too-long'; readonly from: number }
  /** It has nothing from there on, or sent what begins elsewhere. */
  | { readonly type: 'no-rest' }
  | { readonly type: 'lost'; readonly cause: PassingFailure };

/** Tries in vain after which a server is asked whether it has the file at all. */
const TRIES_BEFORE_ASKING = 2;

/**
 * Fetches files of the model folder at `modelUrl`, each from where its part ends. What was put together from several
 * answers may be of several versions of a file, so where it is not what the manifest says, it is fetched once more
 * from the start.
 *
 * Throws `network`, a `PassingFailure` where a further try may help; `bad-model` where the server's file is not what
 * the manifest says, and then nothing is left of it; a QuotaExceededError; or the AbortError.
 */
export function fetchFrom(modelUrl: string, patience: Patience): FillFile {
  return async (file, part, options) => {
    const fetching = { ...options, url: fileUrl(file.path, modelUrl), file, part, patience };
    const from = await fetchAll(fetching);
    if (isRight(fetching)) return;
    clear(fetching);
    if (from > 0) {
      await fetchAll(fetching);
      if (isRight(fetching)) return;
      clear(fetching);
    }
    const advice = 'Try again later; if that does not help, the model has to be put there anew';
    throw new UnmaskError('bad-model', `${shownUrl(fetching.url)} differs from what the manifest says. ${advice}.`);
  };
}

/**
 * Asks until the server has sent all that it has; a lost connection is tried again until several tries in a row
 * brought nothing. Returns where its last answer began.
 */
async function fetchAll(fetching: Fetching): Promise<number> {
  const { file, part, patience, signal } = fetching;
  let furthest = part.size;
  let triesInVain = 0;
  /** Whether the server is there and sends the file: what it has after the part cannot be read then. */
  let isThere = false;
  for (;;) {
    if (part.size === file.bytes) return part.size;
    const ending = await fetchRest(fetching);
    const hasGrown = part.size > furthest;
    furthest = Math.max(furthest, part.size);
    if (ending.type === 'no-rest' || (ending.type === 'lost' && isThere && !hasGrown)) {
      clear(fetching);
      isThere = false;
      continue;
    }
    // Some connections that are lost look like the end of the file.
    const isOver = ending.type === 'too-long' || part.size === file.bytes || !hasGrown;
    if (ending.type !== 'lost' && isOver) return ending.from;
    triesInVain = hasGrown ? 0 : triesInVain + 1;
    isThere = triesInVain === TRIES_BEFORE_ASKING && part.size > 0 && (await sendsFile(fetching));
    if (isThere) continue;
    const wait = patience.waitsMs[triesInVain];
    if (wait === undefined) throw ending.type === 'lost' ? ending.cause : connectionLost(fetching.url);
    await pause(wait, signal);
  }
}

/** One request. Throws what `fetchFrom` does, but for what `Ending` has. */
async function fetchRest(fetching: Fetching): Promise<Ending> {
  const { url, file, part, patience, onChange } = fetching;
  const lost = (cause: unknown): never => {
    throw connectionLost(url, cause);
  };
  try {
    return await watched(
      patience,
      fetching.signal,
      () => connectionLost(url),
      async (signal, alive) => {
        const headers = part.size > 0 ? { Range: `bytes=${part.size}-` } : {};
        // What is kept here need not be kept in the browser's cache as well.
        const ask = () => fetch(url, { cache: 'no-store', headers, signal }).catch(lost);
        let response = await ask();
        if (hasExpired(response)) {
          response.body?.cancel().catch(() => {});
          response = await ask();
        }
        alive();
        const from = answerStart(response, part.size);
        if (from !== part.size && from !== 0) {
          response.body?.cancel().catch(() => {});
          return { type: 'no-rest' };
        }
        const body = bodyOf(response, url);
        if (from !== part.size) clear(fetching);
        for await (const piece of piecesOf(body, lost)) {
          alive();
          if (part.size + piece.length > file.bytes) {
            clear(fetching);
            return { type: 'too-long', from };
          }
          part.append(piece);
          onChange();
        }
        return { type: 'ended', from };
      },
    );
  } catch (error) {
    fetching.signal.throwIfAborted();
    if (error instanceof PassingFailure) return { type: 'lost', cause: error };
    throw error;
  }
}

/** Whether the server has begun to send the whole file. */
async function sendsFile({ url, patience, signal }: Fetching): Promise<boolean> {
  const ask = (signal: AbortSignal) => fetch(url, { cache: 'no-store', signal });
  const response = await watched(patience, signal, () => connectionLost(url), ask).catch(() => null);
  response?.body?.cancel().catch(() => {});
  signal.throwIfAborted();
  return response?.ok === true;
}

/** The byte that an answer begins with, where `asked` is the one that was asked for; null where the file has ended. */
function answerStart({ status, headers }: Response, asked: number): number | null {
  if (status === 416 && asked > 0) return null;
  return status === 206 ? contentRangeStart(headers.get('content-range'), asked) : 0;
}

function isRight({ file, part }: Fetching): boolean {
  return part.size === file.bytes && part.sha256() === file.sha256;
}

function clear({ part, onChange }: Fetching): void {
  part.clear();
  onChange();
}
