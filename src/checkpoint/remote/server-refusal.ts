import { UnmaskError } from '../../errors';
import { shownUrl } from '../../model/source/file-url';
import { PassingFailure } from '../../model/source/server-answer';

/** A busy server's wait that is waited for; after a longer one it is the person's turn. */
const LONGEST_WAIT_MS = 120_000;

/** A server that is busy, and how long it asks to be left alone. */
export class BusyServer extends PassingFailure {
  readonly waitMs: number;

  constructor(what: string, waitMs: number) {
    super(what);
    this.waitMs = waitMs;
  }
}

/** A file that a server does not have. */
export class MissingFile extends UnmaskError {
  constructor(url: URL) {
    const what = `${url.host} has no ${shownUrl(url)}`;
    super('network', `${what}. Check the name and the revision, then try again.`);
  }
}

/** A file that a server does not give to everyone. Some, such as S3's, say so of files that they do not have. */
export class RefusedFile extends UnmaskError {
  /** 401 or 403. */
  readonly status: number;

  constructor(url: URL, status: number) {
    super(
      'network',
      `${url.host} does not give ${shownUrl(url)} to everyone (${status}): the model is private, gated, or not there. Unmask ` +
        'signs in nowhere. Where you have access, download the model and open its folder.',
    );
    this.status = status;
  }
}

/**
 * What an answer throws that does not have the file. `PassingFailure` where a further try may help, otherwise
 * `network`.
 */
export function refusalOf({ ok, status, headers }: Response, url: URL, now = Date.now()): UnmaskError {
  const asked = shownUrl(url);
  if (ok) {
    return new UnmaskError(
      'network',
      `The server answered ${asked} with a web page. Check the connection, and that the address is that of a model, then try again.`,
    );
  }
  switch (status) {
    case 401:
    case 403:
      return new RefusedFile(url, status);
    case 404:
    case 410:
      return new MissingFile(url);
    case 429:
      return busy(url, headers.get('retry-after'), now);
    default:
      break;
  }
  const what = `The server answered ${asked} with ${status}. Check the connection and that the model is there`;
  if (status === 408 || status >= 500) return new PassingFailure(what);
  return new UnmaskError('network', `${what}, then try again.`);
}

/** Throttled. `Retry-After` is in seconds, or a date; other origins need not show it. */
function busy(url: URL, retryAfter: string | null, now: number): UnmaskError {
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  const waitMs = Number.isNaN(seconds) ? Date.parse(retryAfter ?? '') - now : seconds * 1000;
  const what = `${url.host} has answered too many requests from here for now (429)`;
  if (!(waitMs > 0)) return new PassingFailure(`${what}. Wait a few minutes`);
  if (waitMs <= LONGEST_WAIT_MS) return new BusyServer(`${what}. Wait ${Math.ceil(waitMs / 1000)} seconds`, waitMs);
  const minutes = Math.ceil(waitMs / 60_000);
  return new UnmaskError('network', `${what}. It asks to be left alone for ${minutes} minutes; then try again.`);
}
