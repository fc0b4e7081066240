import { UnmaskError } from '../../errors';
import { shownUrl } from '../source/file-url';

/** What a person may have copied the address of, in place of its folder's. */
const FILE_AT_END = /(^|\/)(manifest\.json|config\.json|model\.safetensors)$/;

/**
 * The URL of a folder on a server as a person may write it: with or without its last slash, or that of a file in it. The
 * result is absolute, its path ends with a slash, and it has the query that was given. Throws `bad-input`.
 */
export function modelFolderUrl(text: string): string {
  const url = parse(text.trim());
  if (url.protocol === 'http:' && !mayBePlain(url)) {
    const shown = shownUrl(url);
    throw new UnmaskError(
      'bad-input',
      `${shown} is not encrypted, so the browser refuses it. Use an https:// address.`,
    );
  }
  url.hash = '';
  url.pathname = url.pathname.replace(FILE_AT_END, '$1').replace(/\/*$/, '/');
  return url.href;
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const wanted = 'one that begins with https://, or a Hugging Face repository as owner/name';
    throw new UnmaskError('bad-input', `"${text}" is not the address of a model folder. Give ${wanted}.`);
  }
  if (url.username || url.password) {
    throw new UnmaskError('bad-input', 'The address must have no user name or password in it. Take them out.');
  }
  return url;
}

/** Browsers let a page of https fetch over plain http from this machine alone. */
function mayBePlain({ origin, hostname }: URL): boolean {
  // There is no location in Node.
  const page: Location | undefined = globalThis.location;
  const isThisMachine = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return isThisMachine || page?.protocol === 'http:' || page?.origin === origin;
}
