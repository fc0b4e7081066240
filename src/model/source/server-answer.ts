import { UnmaskError } from '../../errors';
import { shownUrl } from './file-url';
import { MANIFEST, noModelFolder } from './open-model-source';

/** A failure of the network or of a server that may be over with the next try. */
export class PassingFailure extends UnmaskError {
  constructor(what: string, cause?: unknown) {
    super('network', `${what}, then try again.`, { cause });
  }
}

/** What a request throws that was not answered, or whose answer was cut off. */
export function connectionLost(url: URL, cause?: unknown): PassingFailure {
  return new PassingFailure(`${shownUrl(url)} could not be fetched. Check the connection`, cause);
}

/** The body of an answer that has the file. Throws `network`, or `bad-model` where the file must be there and is not. */
export function bodyOf(response: Response, url: URL): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { ok, status, headers, body } = response;
  // Servers of single-page sites, and the sign-in pages of public networks, answer 200 to everything.
  const isPage = headers.get('content-type')?.startsWith('text/html');
  if (ok && body && !isPage) return body;
  body?.cancel().catch(() => {});
  if (status === 404 && url.pathname.endsWith(`/${MANIFEST}`)) throw noModelFolder(new URL('.', url).href);
  const answer = ok && isPage ? 'a web page' : status;
  const what = `The server answered ${shownUrl(url)} with ${answer}. Check the connection and that the model is there`;
  if (isPassing(status)) throw new PassingFailure(what);
  throw new UnmaskError('network', `${what}, then try again.`);
}

/** Whether an answer is that of a signed address that was led to and has expired: the first address is to be asked again. */
export function hasExpired({ redirected, status }: Response): boolean {
  return redirected && [400, 401, 403, 404, 410].includes(status);
}

/** Too many requests, too slow a request, or a fault of the server. */
function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
