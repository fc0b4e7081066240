import type { ManifestFile } from '../format/manifest';
import type { AtWork } from './kept-model';
import { type FileInPlace, findDirectory, findFile, openInPlace, removeEntry, writeFile } from './private-files';

/** What a conversion says of itself, for people. */
export interface ConversionHeads {
  readonly name: string;
  /** As a person may type it to go on; for a folder of this device its name. */
  readonly place: string;
  readonly dtype: string;
}

/** A conversion that is under way, or was broken off. */
export interface UnfinishedConversion extends ConversionHeads {
  /** 64 hex digits. */
  readonly key: string;
  /** What it takes of the storage, at most. */
  readonly bytes: number;
  /** Who converts it now. */
  readonly atWork: AtWork | null;
}

const HEADS = 'conversion.json';

/** Files of a model that is being converted: `unmask-conversions/<key>/…`, where the key names checkpoint and result. */
export class ConversionFolder {
  readonly key: string;
  readonly directory: FileSystemDirectoryHandle;

  private constructor(key: string, directory: FileSystemDirectoryHandle) {
    this.key = key;
    this.directory = directory;
  }

  /** Goes on with what is there, or begins. */
  static async open(
    conversions: FileSystemDirectoryHandle,
    key: string,
    heads: ConversionHeads,
  ): Promise<ConversionFolder> {
    const directory = await conversions.getDirectoryHandle(key, { create: true });
    await writeFile(directory, HEADS, new TextEncoder().encode(JSON.stringify(heads)));
    return new ConversionFolder(key, directory);
  }

  static async find(conversions: FileSystemDirectoryHandle, key: string): Promise<ConversionFolder | null> {
    const directory = await findDirectory(conversions, key);
    return directory && new ConversionFolder(key, directory);
  }

  /** Null for what is none. */
  static async describe(
    conversions: FileSystemDirectoryHandle,
    key: string,
  ): Promise<Omit<UnfinishedConversion, 'atWork'> | null> {
    const directory = await findDirectory(conversions, key);
    const heads = directory && (await findFile(directory, HEADS));
    if (!heads) return null;
    try {
      const { name, place, dtype } = JSON.parse(await heads.text());
      let bytes = 0;
      for await (const file of directory.keys()) bytes += (await findFile(directory, file))?.size ?? 0;
      return { key, name: String(name), place: String(place), dtype: String(dtype), bytes };
    } catch {
      return null;
    }
  }

  /** A file as it stands; null where there is none. */
  find(name: string): Promise<File | null> {
    return findFile(this.directory, name);
  }

  /** Whether a file is here at its full length. */
  async has({ path, bytes }: ManifestFile): Promise<boolean> {
    return (await this.find(path))?.size === bytes;
  }

  /** Opens a file in place, made if need be. */
  openFile(name: string): Promise<FileInPlace> {
    return openInPlace(this.directory, name);
  }
}

export function removeConversion(conversions: FileSystemDirectoryHandle, key: string): Promise<void> {
  return removeEntry(conversions, key);
}
