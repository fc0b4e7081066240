import { UnmaskError } from '../../errors';
import { MODEL_FILES } from '../../model/format/manifest';
import { fileUrl, shownUrl } from '../../model/source/file-url';
import { MANIFEST, MANIFEST_LIMIT } from '../../model/source/open-model-source';
import { modelFolderUrl } from '../../model/store/model-address';
import type { Patience } from '../../model/store/patience';
import type { CheckpointFiles } from '../checkpoint-files';
import { FileList } from '../file-list';
import { filesUrl, hubAddress, openRepository, repositoryText } from './hub';
import { RemoteFile } from './remote-file';
import { RemoteFiles } from './remote-files';
import { RefusedFile } from './server-refusal';

/** A checkpoint that is somewhere. */
export interface FoundCheckpoint {
  readonly type: 'checkpoint';
  readonly files: CheckpointFiles;
  /** What a person types to have it again; of a folder of this device its name. */
  readonly place: string;
  /** The name of its repository or folder. */
  readonly id: string;
  /** What tells it from others, and from itself at another time, once it was opened. */
  version(): string;
  /** Ends its connections. */
  close(): void;
}

/** What a place has: a checkpoint, or a model folder, of which `url` is where it is if that is not this device. */
export type FoundPlace = FoundCheckpoint | { readonly type: 'model-folder'; readonly url: string | null };

const NO_PATIENCE = { waitsMs: [] };

/**
 * Finds out what is at the address that a person typed: of a Hub at `endpoint`, or any other. Throws `bad-input` for
 * what is no address, `network`, `bad-model` for a place that has neither, or the AbortError.
 */
export async function findAtAddress(
  text: string,
  endpoint: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<FoundPlace> {
  const address = hubAddress(text, endpoint);
  if (!address) return findAtUrl(text, patience, signal);
  const { files, paths, commit } = await openRepository(address, endpoint, patience, signal);
  if (paths.includes(MANIFEST)) return { type: 'model-folder', url: filesUrl(endpoint, address, address.revision) };
  const place = repositoryText(address);
  if (!paths.includes(MODEL_FILES.config)) throw nothingAt(place);
  const version = () => filesUrl(endpoint, address, commit);
  return {
    type: 'checkpoint',
    files,
    place,
    id: address.repository.split('/')[1]!,
    version,
    close: () => files.close(),
  };
}

/** The same of a folder of this device. */
export function findInFolder(name: string, list: readonly File[]): FoundPlace {
  const has = (path: string) => list.some((file) => file.name === path);
  // A folder with neither is opened as a model folder, which says what it lacks.
  if (has(MANIFEST) || !has(MODEL_FILES.config)) return { type: 'model-folder', url: null };
  const version = () => list.map(({ name, size, lastModified }) => `${name} ${size} ${lastModified}`).join('\n');
  return { type: 'checkpoint', files: new FileList(name, list), place: name, id: name, version, close: () => {} };
}

async function findAtUrl(text: string, patience: Patience, signal: AbortSignal): Promise<FoundPlace> {
  const url = modelFolderUrl(text);
  const manifest = new RemoteFile(fileUrl(MANIFEST, url), { ...patience, ...NO_PATIENCE });
  const folder = { type: 'model-folder', url } as const;
  try {
    if (await manifest.readWhole(MANIFEST_LIMIT, signal)) return folder;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof UnmaskError)) throw error;
    // Whatever else is wrong with it, whoever opens it says so.
    if (!(error instanceof RefusedFile)) return folder;
  }
  const files = new RemoteFiles((path) => fileUrl(path, url), null, patience);
  if ((await files.size(MODEL_FILES.config, signal)) === null) throw nothingAt(shownUrl(new URL(url)));
  const id = new URL(url).pathname.split('/').filter(Boolean).at(-1) ?? new URL(url).host;
  const version = () => `${url}\n${files.version}`;
  return { type: 'checkpoint', files, place: url, id: decodeURIComponent(id), version, close: () => files.close() };
}

function nothingAt(place: string): UnmaskError {
  return new UnmaskError(
    'bad-model',
    `${place} has no ${MANIFEST} of an Unmask model folder and no ${MODEL_FILES.config} of a checkpoint. Check the address.`,
  );
}
