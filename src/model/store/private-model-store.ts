import { UnmaskError } from '../../errors';
import type { ManifestFile } from '../format/manifest';
import { download } from '../source/download';
import { fileUrl } from '../source/file-url';
import { readFrom } from '../source/model-files';
import { MANIFEST, MANIFEST_LIMIT, manifestOf, openFilesOf, type ReadFile } from '../source/open-model-source';
import { connectionLost } from '../source/server-answer';
import { ConversionFolder, removeConversion, type UnfinishedConversion } from './conversion-folder';
import { copyFrom } from './copy-file';
import { fetchFrom } from './fetch-file';
import type { FillFile } from './fill-file';
import { fillFolder } from './fill-folder';
import { KeptFolder, removeFolder } from './kept-folder';
import type { KeptFrom, KeptModel, KeptSource, Making, StoreOptions } from './kept-model';
import { openKeptSource } from './kept-source';
import { ifUnused, whileChanging, workElsewhere } from './model-lock';
import { type Patience, watched } from './patience';
import { sha256Of } from './sha256';
import { storageSpace, withinSpace } from './storage-space';

/** Milliseconds between two looks at what another tab brings. */
const LOOK_MS = 500;

/** The store in a directory of the origin's private file system. Methods as in `ModelStore`. */
export class PrivateModelStore {
  readonly #models: FileSystemDirectoryHandle;
  readonly #conversions: FileSystemDirectoryHandle;
  readonly #patience: Patience;
  readonly space = storageSpace;

  constructor(models: FileSystemDirectoryHandle, conversions: FileSystemDirectoryHandle, patience: Patience) {
    this.#models = models;
    this.#conversions = conversions;
    this.#patience = patience;
  }

  async list(): Promise<KeptModel[]> {
    const ids: string[] = [];
    for await (const id of this.#models.keys()) ids.push(id);
    const kept = await Promise.all(ids.map((id) => this.#describe(id)));
    const workOn = await workElsewhere();
    return kept
      .filter((model) => model !== null)
      .map((model) => ({ ...model, atWork: workOn(model.id) }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  fetchFromUrl(modelUrl: string, options: StoreOptions): Promise<KeptSource> {
    const readFile: ReadFile = (path, limit, signal) => {
      const url = fileUrl(path, modelUrl);
      const stalled = () => connectionLost(url);
      return watched(this.#patience, signal ?? options.signal, stalled, (signal, alive) =>
        download(url, limit, alive, signal),
      );
    };
    return this.#keep(readFile, { type: 'url', url: modelUrl }, fetchFrom(modelUrl, this.#patience), options);
  }

  importFiles(folderName: string, files: readonly File[], options: StoreOptions): Promise<KeptSource> {
    const from = { type: 'folder', name: folderName } as const;
    return this.#keep(readFrom(folderName, files), from, copyFrom(folderName, files), options);
  }

  async make(making: Making, options: StoreOptions): Promise<KeptSource> {
    const { key, name, dtype, place, totalBytes, make } = making;
    const look = async () => [0, 0] as const;
    const id = await this.#inTurn(conversionLock(key), options, look, async () => {
      const made = (await this.list()).find(({ from }) => from.type === 'checkpoint' && from.key === key);
      if (made && (await this.#takeMade(made.id, key, options.signal))) return made.id;
      const before = (await ConversionFolder.describe(this.#conversions, key))?.bytes ?? 0;
      const manifest = await withinSpace(
        name,
        () => Math.max(0, totalBytes - before),
        async () => {
          const folder = await ConversionFolder.open(this.#conversions, key, { name, dtype, place });
          return make((file) => folder.openFile(file), options);
        },
      );
      const { id } = await KeptFolder.put(this.#models, manifest, { type: 'checkpoint', place, key });
      await this.#takeMade(id, key, options.signal);
      await removeConversion(this.#conversions, key);
      return id;
    });
    return this.#open(await this.#found(id), options);
  }

  /** Puts the files that were made among those of a model. Returns whether it is whole then. */
  #takeMade(id: string, key: string, signal: AbortSignal): Promise<boolean> {
    return whileChanging(id, signal, async () => {
      const folder = await this.#found(id);
      const made = await ConversionFolder.find(this.#conversions, key);
      for (const file of folder.manifest.files) {
        if ((await folder.lacks(file)) && (await made?.has(file))) await folder.take(made!.directory, file);
      }
      return (await folder.keptBytes()) === folder.totalBytes;
    });
  }

  async unfinished(): Promise<UnfinishedConversion[]> {
    const keys: string[] = [];
    for await (const key of this.#conversions.keys()) keys.push(key);
    const found = await Promise.all(keys.map((key) => ConversionFolder.describe(this.#conversions, key)));
    const workOn = await workElsewhere();
    return found
      .filter((conversion) => conversion !== null)
      .map((it) => ({ ...it, atWork: workOn(conversionLock(it.key)) }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  async readUnfinished(key: string, file: string): Promise<File | null> {
    return (await ConversionFolder.find(this.#conversions, key))?.find(file) ?? null;
  }

  async removeUnfinished(key: string): Promise<void> {
    const refuse = () => {
      throw new UnmaskError('bad-input', 'This model is being fetched. Remove it when that is over.');
    };
    await ifUnused(conversionLock(key), () => removeConversion(this.#conversions, key), refuse);
  }

  async openKept(id: string, options: StoreOptions): Promise<KeptSource> {
    const folder = await this.#changing(id, options, async () => {
      const folder = await this.#found(id);
      await this.#complete(folder, options);
      return folder;
    });
    return this.#open(folder, options);
  }

  async remove(id: string): Promise<void> {
    const refuse = () => {
      throw new UnmaskError('bad-input', 'This model is being fetched or loaded. Remove it when that is over.');
    };
    await ifUnused(id, () => removeFolder(this.#models, id), refuse);
  }

  /** Checks the heads of a model, then puts it into the store. */
  async #keep(readFile: ReadFile, from: KeptFrom, fillFile: FillFile, options: StoreOptions): Promise<KeptSource> {
    const bytes = await readFile(MANIFEST, MANIFEST_LIMIT, options.signal);
    const manifest = manifestOf(bytes);
    await openFilesOf(manifest, readFile, options.signal);
    const id = await sha256Of(new Blob([bytes]));
    const folder = await this.#changing(id, options, async () => {
      const found = await KeptFolder.find(this.#models, id);
      const totalBytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
      const neededBytes = totalBytes - ((await found?.keptBytes()) ?? 0);
      const put = () => KeptFolder.put(this.#models, bytes, from);
      const folder = await withinSpace(manifest.name, () => neededBytes, put);
      await fillFolder(folder, fillFile, options);
      return folder;
    });
    return this.#open(folder, options);
  }

  #open(folder: KeptFolder, options: StoreOptions): Promise<KeptSource> {
    const repair = (file: ManifestFile, signal: AbortSignal) =>
      whileChanging(folder.id, signal, async () => {
        const current = await this.#found(folder.id);
        await current.dropIfDamaged(file);
        await this.#complete(current, { ...options, signal });
      });
    return openKeptSource(folder, repair, options.signal);
  }

  async #complete(folder: KeptFolder, options: StoreOptions): Promise<void> {
    const { from } = folder;
    switch (from.type) {
      case 'url':
        return fillFolder(folder, fetchFrom(from.url, this.#patience), options);
      case 'folder':
        return fillFolder(folder, lackingFrom(`the folder ${from.name}`), options);
      case 'checkpoint':
        return fillFolder(folder, lackingFrom(from.place), options);
      default:
        return from satisfies never;
    }
  }

  async #found(id: string): Promise<KeptFolder> {
    const folder = await KeptFolder.find(this.#models, id);
    if (folder) return folder;
    throw new UnmaskError('bad-model', 'This model is no longer saved here. Open it again.');
  }

  /** Null for what is no model, which is deleted unless a tab is at work on it. */
  async #describe(id: string): Promise<Omit<KeptModel, 'atWork'> | null> {
    const describe = async () => (await KeptFolder.find(this.#models, id))?.describe() ?? null;
    const clean = async () => {
      const kept = await describe();
      if (!kept) await removeFolder(this.#models, id);
      return kept;
    };
    return (await describe()) ?? ifUnused(id, clean, () => null);
  }

  /** Changes a model; while another tab has it, what that brings counts as progress. */
  #changing<T>(id: string, options: StoreOptions, change: () => Promise<T>): Promise<T> {
    const look = async () => {
      const folder = await KeptFolder.find(this.#models, id);
      return folder && ([await folder.keptBytes(), folder.totalBytes] as const);
    };
    return this.#inTurn(id, options, look, change);
  }

  /** As `whileChanging`; while another tab is at work, tells how far that is: `look` finds it out. */
  #inTurn<T>(
    id: string,
    { signal, onProgress }: StoreOptions,
    look: () => Promise<readonly [loadedBytes: number, totalBytes: number] | null>,
    change: () => Promise<T>,
  ): Promise<T> {
    let isWaiting = true;
    const tell = async () => {
      const found = await look();
      if (found && isWaiting) onProgress(...found, 'another tab');
    };
    const looks = setInterval(() => tell().catch(() => {}), LOOK_MS);
    const end = () => {
      isWaiting = false;
      clearInterval(looks);
    };
    const begin = () => {
      end();
      return change();
    };
    return whileChanging(id, signal, begin).finally(end);
  }
}

const conversionLock = (key: string) => `conversion.${key}`;

/** Of a model that cannot be had again without the person: from a folder of this device, or converted here. */
function lackingFrom(place: string): FillFile {
  return async ({ path }) => {
    throw new UnmaskError('bad-model', `${path} is missing here, or was damaged. Open ${place} again.`);
  };
}
