import { parseModelConfig } from '../../network/families';
import { type Manifest, type ManifestFile, MODEL_FILES } from '../format/manifest';
import { modelDigest } from '../format/model-digest';
import { MANIFEST, manifestOf } from '../source/open-model-source';
import type { KeptFrom, KeptModel } from './kept-model';
import { PartFile } from './part-file';
import { findDirectory, findFile, moveFile, removeEntry, writeFile } from './private-files';
import { sha256Of } from './sha256';

/** What a folder of the store says of itself. */
interface Heads {
  readonly id: string;
  readonly manifest: Manifest;
  readonly from: KeptFrom;
}

interface Directories {
  readonly files: FileSystemDirectoryHandle;
  readonly parts: FileSystemDirectoryHandle;
}

const FROM = 'from.json';
const FILES = 'files';
const PARTS = 'parts';

/**
 * A model in the store:
 *
 * | file                 | what it is                                                                  |
 * |----------------------|-----------------------------------------------------------------------------|
 * | `<id>/manifest.json` | as it came: its SHA-256 is the id, so that half a manifest counts as none   |
 * | `<id>/from.json`     | where it came from                                                          |
 * | `<id>/files/…`       | files that were what the manifest says when they were put there             |
 * | `<id>/parts/…`       | the beginnings of others                                                    |
 */
export class KeptFolder {
  readonly id: string;
  readonly manifest: Manifest;
  readonly from: KeptFrom;
  readonly totalBytes: number;
  readonly #files: FileSystemDirectoryHandle;
  readonly #parts: FileSystemDirectoryHandle;

  private constructor({ id, manifest, from }: Heads, { files, parts }: Directories) {
    this.id = id;
    this.manifest = manifest;
    this.from = from;
    this.totalBytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#files = files;
    this.#parts = parts;
  }

  /** Null where there is none, or one that cannot be used. */
  static async find(models: FileSystemDirectoryHandle, id: string): Promise<KeptFolder | null> {
    const directory = await findDirectory(models, id);
    const heads = directory && (await readHeads(directory, id));
    const files = heads && (await findDirectory(directory, FILES));
    const parts = files && (await findDirectory(directory, PARTS));
    return parts && new KeptFolder(heads, { files, parts });
  }

  /** Makes one, or says anew where it came from. */
  static async put(
    models: FileSystemDirectoryHandle,
    manifest: Uint8Array<ArrayBuffer>,
    from: KeptFrom,
  ): Promise<KeptFolder> {
    const id = await sha256Of(new Blob([manifest]));
    const found = await KeptFolder.find(models, id);
    // A folder of this device says less: nothing more can be fetched from it.
    if (found && (from.type === 'folder' || isSame(found.from, from))) return found;
    const make = { create: true };
    const directory = await models.getDirectoryHandle(id, make);
    const files = await directory.getDirectoryHandle(FILES, make);
    const parts = await directory.getDirectoryHandle(PARTS, make);
    try {
      await writeFile(directory, FROM, new TextEncoder().encode(JSON.stringify(from)));
      if (!found) await writeFile(directory, MANIFEST, manifest);
    } catch (error) {
      if (!found) await removeFolder(models, id);
      throw error;
    }
    return new KeptFolder({ id, manifest: manifestOf(manifest), from }, { files, parts });
  }

  /** A file that was put here whole; null where there is none. */
  find(path: string): Promise<File | null> {
    return findFile(this.#files, path);
  }

  async lacks({ path, bytes }: ManifestFile): Promise<boolean> {
    return (await this.find(path))?.size !== bytes;
  }

  /** How many bytes of a file are here. */
  async keptBytesOf(file: ManifestFile): Promise<number> {
    if (!(await this.lacks(file))) return file.bytes;
    return Math.min((await findFile(this.#parts, file.path))?.size ?? 0, file.bytes);
  }

  async keptBytes(): Promise<number> {
    const kept = await Promise.all(this.manifest.files.map((file) => this.keptBytesOf(file)));
    return kept.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Opens what is there of a file that is not whole, or its empty beginning. */
  openPart({ path, bytes }: ManifestFile, signal: AbortSignal): Promise<PartFile> {
    return PartFile.open(this.#parts, path, bytes, signal);
  }

  /** Makes the part of a file the file: to be called once it is closed, whole and checked. */
  keepPart({ path }: ManifestFile): Promise<void> {
    return moveFile(this.#parts, path, this.#files);
  }

  /** Takes a file of another directory, which is whole and checked. */
  take(directory: FileSystemDirectoryHandle, { path }: ManifestFile): Promise<void> {
    return moveFile(directory, path, this.#files);
  }

  /** Deletes a file that is not what the manifest says. */
  async dropIfDamaged(file: ManifestFile): Promise<void> {
    const found = await findFile(this.#files, file.path);
    if (found && (found.size !== file.bytes || (await sha256Of(found)) !== file.sha256)) {
      await removeEntry(this.#files, file.path);
    }
  }

  async describe(): Promise<Omit<KeptModel, 'atWork'>> {
    const { id, from, totalBytes } = this;
    const { name, licence, dtype, parameters } = this.manifest;
    return {
      ...{ id, name, licence, dtype, parameters, from, totalBytes },
      digest: modelDigest(this.manifest),
      blockSizes: await this.#blockSizes(),
      keptBytes: await this.keptBytes(),
    };
  }

  async #blockSizes(): Promise<readonly number[] | null> {
    try {
      const file = await findFile(this.#files, MODEL_FILES.config);
      return file && parseModelConfig(JSON.parse(await file.text())).blockSizes;
    } catch {
      return null;
    }
  }
}

/** Deletes a model. Whatever ends it early, no manifest is left without its files. */
export async function removeFolder(models: FileSystemDirectoryHandle, id: string): Promise<void> {
  const directory = await findDirectory(models, id);
  if (!directory) return;
  await removeEntry(directory, MANIFEST);
  await removeEntry(models, id);
}

/** Null without a manifest that can be used. */
async function readHeads(directory: FileSystemDirectoryHandle, id: string): Promise<Heads | null> {
  const file = await findFile(directory, MANIFEST);
  if (!file) return null;
  try {
    if ((await sha256Of(file)) !== id) return null;
    const manifest = manifestOf(new Uint8Array(await file.arrayBuffer()));
    return { id, manifest, from: await readFrom(directory, manifest) };
  } catch {
    return null;
  }
}

/** A model whose origin is lost, as after a power failure, is still one: it counts as a folder of its own name. */
async function readFrom(directory: FileSystemDirectoryHandle, { name }: Manifest): Promise<KeptFrom> {
  try {
    const file = await findFile(directory, FROM);
    return parseFrom(JSON.parse(await file!.text()));
  } catch {
    return { type: 'folder', name };
  }
}

/** Throws where the value is nothing that this code writes. */
function parseFrom(value: KeptFrom): KeptFrom {
  switch (value.type) {
    case 'url':
      return { type: 'url', url: new URL(value.url).href };
    case 'folder':
      return { type: 'folder', name: String(value.name) };
    case 'checkpoint':
      return { type: 'checkpoint', place: String(value.place), key: String(value.key) };
    default:
      throw new TypeError(`${value satisfies never} is no origin.`);
  }
}

function isSame(a: KeptFrom, b: KeptFrom): boolean {
  return a.type === 'url' && b.type === 'url' && a.url === b.url;
}
