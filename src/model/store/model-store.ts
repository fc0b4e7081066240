import type { UnfinishedConversion } from './conversion-folder';
import type { KeptModel, KeptSource, Making, StoreOptions } from './kept-model';
import { PATIENCE } from './patience';
import { openInPlace, removeEntry } from './private-files';
import { PrivateModelStore } from './private-model-store';
import type { StorageSpace } from './storage-space';

/**
 * Models in the origin's private file system, for use in a dedicated worker. Everything may throw `UnmaskError`; what
 * takes a signal, its AbortError too.
 */
export interface ModelStore {
  /** By name. */
  list(): Promise<KeptModel[]>;
  /**
   * Fetches what is missing of a model folder on a server, goes on where an earlier try ended, keeps it, and opens it.
   * `modelUrl` is as `modelFolderUrl` gives it. Throws `network`, `bad-model`, `storage-full`.
   */
  fetchFromUrl(modelUrl: string, options: StoreOptions): Promise<KeptSource>;
  /** Copies the files of a folder into the store, checked, and opens it. Throws `bad-model`, `storage-full`. */
  importFiles(folderName: string, files: readonly File[], options: StoreOptions): Promise<KeptSource>;
  /**
   * Makes a model here, or opens the one that was made so before. What an earlier try has made is gone on with; one
   * tab at a time makes it. Throws what `make` throws, and `storage-full`.
   */
  make(making: Making, options: StoreOptions): Promise<KeptSource>;
  /** Models whose making was broken off, or is under way. */
  unfinished(): Promise<UnfinishedConversion[]>;
  /** A file of one of these; null where there is none. */
  readUnfinished(key: string, file: string): Promise<File | null>;
  /** Throws `bad-input` while it is under way, in any tab. */
  removeUnfinished(key: string): Promise<void>;
  /**
   * Opens a kept model. What is missing or damaged of one that came from a URL is fetched, now or when it is read.
   * Throws `network`, `bad-model`, `storage-full`.
   */
  openKept(id: string, options: StoreOptions): Promise<KeptSource>;
  /** Throws `bad-input` while it is fetched, opened or read, in any tab. */
  remove(id: string): Promise<void>;
  space(): Promise<StorageSpace>;
}

/** A name of our own, since other sites may share the page's origin. */
const MODELS = 'unmask-models';
const CONVERSIONS = 'unmask-conversions';

/**
 * Null where the browser offers no such storage, or refuses it when it is used (some private windows, plain http from
 * another machine, browsers that cannot write files in place): then models are read where they are.
 */
export async function openModelStore(patience = PATIENCE): Promise<ModelStore | null> {
  // Typed as always there. The class may be missing, and locks are outside of a secure context.
  const { FileSystemFileHandle: handles } = globalThis as { FileSystemFileHandle?: { readonly prototype: object } };
  const { storage, locks } = (globalThis.navigator ?? {}) as { storage?: StorageManager; locks?: LockManager };
  if (!storage || !locks || !handles || !('createSyncAccessHandle' in handles.prototype)) return null;
  try {
    const root = await storage.getDirectory();
    await probe(storage, locks, root);
    const directory = (name: string) => root.getDirectoryHandle(name, { create: true });
    return new PrivateModelStore(await directory(MODELS), await directory(CONVERSIONS), patience);
  } catch {
    return null;
  }
}

let isProbed = false;

/** Does once what the store does all the time: some browsers offer each of these and refuse it when it is used. */
async function probe(storage: StorageManager, locks: LockManager, root: FileSystemDirectoryHandle): Promise<void> {
  if (isProbed) return;
  await storage.estimate();
  const name = `unmask-probe-${crypto.randomUUID()}`;
  await locks.request(name, async () => {
    try {
      (await openInPlace(root, name)).close();
    } finally {
      await removeEntry(root, name);
    }
  });
  isProbed = true;
}
