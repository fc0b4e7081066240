import type { ListFileEntry } from '@huggingface/hub';
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
/** What else a Hub has, by how its path begins. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  datasets: 'data set',
  spaces: 'Space',
  collections: 'collection',
};
/** Bytes of an answer about a repository: its list of files. */
const LARGEST_ANSWER = 2 ** 24;

/**
 * What a person typed as a repository of the Hub at `endpoint`: `owner/name`, `owner/name@revision`, what
 * `repositoryText` makes of one, or the address of a page about it. Null for any other text. Throws `bad-input` for what
 * a Hub has beside models.
 */
export function hubAddress(text: string, endpoint: string): HubAddress | null {
  const trimmed = text.trim();
  refuseOtherKind(trimmed);
  const [, named = '', inFolder = ''] = /^(.*?)(?: \((.+\/)\))?$/.exec(trimmed) ?? [];
  const [repository = '', revision = 'main', ...more] = named.split('@');
  if (more.length === 0 && REPOSITORY.test(repository)) {
    return REVISION.test(revision) ? { repository, revision, folder: inFolder } : null;
  }
  const url = /^(huggingface|hf)\.co\//.test(trimmed) ? `https://${trimmed}` : trimmed;
  if (!URL.canParse(url)) return null;
  const { origin, pathname } = new URL(url);
  if (![new URL(endpoint).origin, HUGGING_FACE, SHORT_NAME].includes(origin)) return null;
  refuseOtherKind(pathname.slice(1));
  const page = /^\/([^/]+\/[^/]+?)(?:\/(?:tree|blob|resolve)\/([^/]+)(?:\/(.*?))?)?\/*$/.exec(pathname);
  if (!page || !REPOSITORY.test(page[1]!)) return null;
  const path = decodeURIComponent(page[3] ?? '').replace(/(^|\/)[^/]+\.(json|safetensors|md)$/, '$1');
  const folder = path === '' ? '' : `${path.replace(/\/*$/, '')}/`;
  return { repository: page[1]!, revision: decodeURIComponent(page[2] ?? 'main'), folder };
}

function refuseOtherKind(path: string): void {
  const [, begins = '', name = ''] =
    /^([a-z]+)\/([^/?#]+(?:\/(?!(?:viewer|tree|blob|resolve|discussions)\b)[^/?#]+)?)/.exec(path) ?? [];
  const kind = Object.hasOwn(OTHER_KINDS, begins) ? OTHER_KINDS[begins] : undefined;
  if (!kind) return;
  const what = `${name} is a ${kind}, not a model.`;
  throw new UnmaskError('bad-input', `${what} Give the address of a model, or its name as owner/name.`);
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
 * `@huggingface/hub` names the commit and lists the files; its requests have our limits and our patience. A file is
 * fetched by `RemoteFile`: a download that resumes, falls back and is hashed as it comes.
 */
export async function openRepository(
  address: HubAddress,
  endpoint: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<HubRepository> {
  try {
    return await listRepository(address, endpoint, patience, signal);
  } catch (error) {
    throw explained(error, address, endpoint);
  }
}

async function listRepository(
  address: HubAddress,
  endpoint: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<HubRepository> {
  const { repository, revision, folder } = address;
  const refuse = (what: string) => unusable(address, endpoint, what);
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const hub = { hubUrl: endpoint, fetch: patientFetch(address, patience, signal) };
  const { sha } = await modelInfo({ ...hub, name: repository, revision, additionalFields: ['sha'] });
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) throw refuse('it names no commit');
  const repo = { type: 'model', name: repository } as const;
  const list = new Map<string, ListedFile>();
  for await (const entry of listFiles({ ...hub, repo, revision: sha, path: folder.replace(/\/$/, '') })) {
    const { type, path } = entry;
    if (type !== 'file' || typeof path !== 'string' || !path.startsWith(folder)) continue;
    list.set(path.slice(folder.length), listedFile(entry, refuse));
  }
  if (list.size === 0) throw refuse('it lists no files');
  const base = filesUrl(endpoint, address, sha);
  const files = new RemoteFiles((path) => new URL(path, base), list, patience);
  return { address, commit: sha, files, paths: [...list.keys()] };
}

/**
 * Requests of the library as ours are: one more try, a limit, JSON of bounded depth. A listing goes on after a thousand
 * files, which no model's folder has; that is not followed.
 */
function patientFetch(address: HubAddress, patience: Patience, signal: AbortSignal): typeof fetch {
  // A person waits for the first word of it.
  const once = { ...patience, waitsMs: patience.waitsMs.slice(0, 1) };
  return async (request) => {
    const url = new URL(String(request));
    const bytes = await new RemoteFile(url, once).readWhole(LARGEST_ANSWER, signal);
    if (!bytes) throw new MissingFile(url);
    return Response.json(parseUntrustedJson(bytes, (what) => unusable(address, url.origin, what)));
  };
}

/** What a repository's list says of a file. Throws where that is not to be used. */
function listedFile({ size, oid, lfs }: ListFileEntry, refuse: (what: string) => UnmaskError): ListedFile {
  if (!Number.isSafeInteger(size) || size < 0) throw refuse('a file has no size');
  const sha256 = lfs && /^[0-9a-f]{64}$/.test(lfs.oid) ? lfs.oid : null;
  // Of a large file Git has a pointer, whose blob this is.
  const gitBlob = !lfs && oid && /^[0-9a-f]{40}$/.test(oid) ? oid : null;
  return { bytes: size, sha256, gitBlob };
}

function unusable(address: HubAddress, endpoint: string, what: string): UnmaskError {
  const { host } = new URL(endpoint);
  return new UnmaskError('network', `${host} says nothing usable of ${address.repository}: ${what}. Try again later.`);
}

/** A Hub answers 401 for what is not there, so as not to tell what is private. */
function explained(error: unknown, address: HubAddress, endpoint: string): unknown {
  const { host } = new URL(endpoint);
  const which = nameOf(address);
  if (error instanceof MissingFile) {
    return new UnmaskError(
      'network',
      `${host} has no model ${which}. Check the name and the revision, then try again.`,
    );
  }
  if (!(error instanceof RefusedFile)) return error;
  return new UnmaskError(
    'network',
    `${host} shows no model ${which} to everyone (${error.status}): the model is private, gated, or not there. Check ` +
      'the name. Where you have access, download the model and open its folder.',
  );
}

function nameOf({ repository, revision }: HubAddress): string {
  return revision === 'main' ? repository : `${repository} at ${revision}`;
}
