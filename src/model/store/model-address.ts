import { UnmaskError } from '../../errors';

const HUGGING_FACE = 'https://huggingface.co/';
const REPOSITORY = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;
const MANIFEST_AT_END = /(^|\/)manifest\.json$/;

/** `owner/name` or `owner/name@revision` as the URL of its files on huggingface.co; null for any other text. */
export function huggingFaceUrl(text: string): string | null {
  const [repository, revision = 'main', ...more] = text.trim().split('@');
  if (!repository || !REPOSITORY.test(repository) || revision === '' || more.length > 0) return null;
  return `${HUGGING_FACE}${repository}/resolve/${encodeURIComponent(revision)}/`;
}

/**
 * The URL of a model folder as a person may write it: with or without its last slash, or that of its manifest, or
 * of the page that Hugging Face has for it. The result is absolute and ends with a slash. Throws `bad-input`.
 */
export function modelFolderUrl(text: string): string {
  const url = parse(text.trim());
  if (url.protocol === 'http:' && !mayBePlain(url)) {
    throw new UnmaskError('bad-input', `${url} is not encrypted, so the browser refuses it. Use an https:// address.`);
  }
  url.search = '';
  url.hash = '';
  url.pathname = url.pathname.replace(MANIFEST_AT_END, '$1');
  url.pathname = filesPath(url).replace(/\/*$/, '/');
  return url.href;
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const wanted = 'one that begins with https://, or a Hugging Face repository as owner/name';
    throw new UnmaskError('bad-input', `"${text}" is no address of a model folder. Give ${wanted}.`);
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

/** The path of the files, where the URL is that of a page about them. */
function filesPath({ origin, pathname }: URL): string {
  const page = /^\/([^/]+\/[^/]+?)(?:\/(?:tree|blob)\/(.+?))?\/*$/.exec(pathname);
  if (`${origin}/` !== HUGGING_FACE || !page) return pathname;
  return `/${page[1]}/resolve/${page[2] ?? 'main'}/`;
}
