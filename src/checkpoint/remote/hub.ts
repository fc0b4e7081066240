import { UnmaskError } from '../../errors';
import type { Patience } from '../../model/store/patience';
import { parseUntrustedJson } from '../../untrusted-json';
import { RemoteFile } from './remote-file';
import { type ListedFile, RemoteFiles } from './remote-files';
import { MissingFile, RefusedFile } from './server-refusal';

/** Where Hugging Face repositories are, unless a page names a mirror. */
export const HUGGING_FACE = 'https://huggingface.co';

/** It leads to the same. */
const SHORT_NAME = 'https://hf.co';

/** A model repository of a Hub, or a folder of it. */
export interface HubAddress {
  /** `owner/name` */
  readonly repository: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** '' or a path that ends with a slash. */
  readonly folder: string;
}

/** A repository at one commit. */
export interface HubRepository {
  readonly address: HubAddress;
  /** 40 hex digits. */
  readonly commit: string;
  readonly files: RemoteFiles;
  /** Names in the folder, without those in folders below it. */
  readonly paths: readonly string[];
}

const REPOSITORY = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;
const REVISION = /^[\w][\w./-]{0,255}$/;
/** Of a repository's description: its list of files is most of that. */
const LARGEST_INFO = 2 ** 24;

/**
 * What a person typed as a repository of the Hub at `endpoint`: `owner/name`, `owner/name@revision`, what
 * `repositoryText` makes of one, or the address of a page about it. Null for any other text.
 */
export function hubAddress(text: string, endpoint: string): HubAddress | null {
  const trimmed = text.trim();
  const [, named = '', inFolder = ''] = /^(.*?)(?: \((.+\/)\))?$/.exec(trimmed) ?? [];
  const [repository = '', revision = 'main', ...more] = named.split('@');
  if (more.length === 0 && REPOSITORY.test(repository)) {
    return REVISION.test(revision) ? { repository, revision, folder: inFolder } : null;
  }
  const url = /^(huggingface|hf)\.co\//.test(trimmed) ? `https://${trimmed}` : trimmed;
  if (!URL.canParse(url)) return null;
  const { origin, pathname } = new URL(url);
  if (![new URL(endpoint).origin, HUGGING_FACE, SHORT_NAME].includes(origin)) return null;
  const page = /^\/([^/]+\/[^/]+?)(?:\/(?:tree|blob|resolve)\/([^/]+)(?:\/(.*?))?)?\/*$/.exec(pathname);
  if (!page || !REPOSITORY.test(page[1]!)) return null;
  const path = decodeURIComponent(page[3] ?? '').replace(/(^|\/)[^/]+\.(json|safetensors|md)$/, '$1');
  const folder = path === '' ? '' : `${path.replace(/\/*$/, '')}/`;
  return { repository: page[1]!, revision: decodeURIComponent(page[2] ?? 'main'), folder };
}

/** `owner/name`, with the revision where that is not main. */
export function repositoryText({ repository, revision, folder }: HubAddress): string {
  return `${repository}${revision === 'main' ? '' : `@${revision}`}${folder && ` (${folder})`}`;
}

/** The URL of a repository's files at a revision. */
export function filesUrl(endpoint: string, { repository, folder }: HubAddress, revision: string): string {
  return `${endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${folder}`;
}

/**
 * Asks a Hub for a repository and pins it to the commit that its revision is now. Throws `network`, or the AbortError.
 *
 * Plain requests of the documented API rather than `@huggingface/hub`: that is one answer to parse, and a download that
 * resumes, falls back and is hashed as it comes is ours in any case.
 */
export async function openRepository(
  address: HubAddress,
  endpoint: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<HubRepository> {
  const { repository, revision, folder } = address;
  const url = new URL(`${endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`);
  // A person waits for the first word of it.
  const once = { ...patience, waitsMs: patience.waitsMs.slice(0, 1) };
  const bytes = await new RemoteFile(url, once).readWhole(LARGEST_INFO, signal).catch(explained(address, url));
  if (!bytes) throw noRepository(address, url);
  const refuse = (what: string) =>
    new UnmaskError('network', `${url.host} says nothing usable of ${repository}: ${what}. Try again later.`);
  const { sha, siblings } = Object(parseUntrustedJson(bytes, refuse)) as Record<string, unknown>;
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) throw refuse('it names no commit');
  if (!Array.isArray(siblings)) throw refuse('it lists no files');
  const list = new Map<string, ListedFile>();
  for (const sibling of siblings) {
    const { rfilename, size, lfs, blobId } = Object(sibling) as Record<string, unknown>;
    if (typeof rfilename !== 'string' || !rfilename.startsWith(folder)) continue;
    const path = rfilename.slice(folder.length);
    if (path.includes('/')) continue;
    const sum: unknown = Object(lfs).sha256;
    const sha256 = typeof sum === 'string' && /^[0-9a-f]{64}$/.test(sum) ? sum : null;
    // Of a large file Git has a pointer, whose blob this is.
    const isBlob = !lfs && typeof blobId === 'string' && /^[0-9a-f]{40}$/.test(blobId);
    if (!Number.isSafeInteger(size) || (size as number) < 0) throw refuse(`${rfilename} has no size`);
    list.set(path, { bytes: size as number, sha256, gitBlob: isBlob ? blobId : null });
  }
  const base = filesUrl(endpoint, address, sha);
  const files = new RemoteFiles((path) => new URL(path, base), list, patience);
  return { address, commit: sha, files, paths: [...list.keys()] };
}

/** A Hub answers 401 for what is not there, so as not to tell what is private. */
function explained(address: HubAddress, url: URL): (error: unknown) => never {
  return (error) => {
    if (error instanceof MissingFile) throw noRepository(address, url);
    if (!(error instanceof RefusedFile)) throw error;
    throw new UnmaskError(
      'network',
      `${url.host} shows no model ${nameOf(address)} to everyone (${error.status}): the model is private, gated, or not ` +
        'there. Check the name. Where you have access, download the model and open its folder.',
    );
  };
}

function noRepository(address: HubAddress, { host }: URL): UnmaskError {
  const which = nameOf(address);
  return new UnmaskError('network', `${host} has no model ${which}. Check the name and the revision, then try again.`);
}

function nameOf({ repository, revision }: HubAddress): string {
  return revision === 'main' ? repository : `${repository} at ${revision}`;
}
