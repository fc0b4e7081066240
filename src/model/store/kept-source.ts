import type { ManifestFile } from '../format/manifest';
import { outOfMemory } from '../out-of-memory';
import { DamagedFile, openFilesOf, type ReadFile, tooLong } from '../source/open-model-source';
import type { KeptFolder } from './kept-folder';
import type { KeptSource } from './kept-model';
import { whileReading } from './model-lock';
import { isNamed } from './private-files';

/** Makes a file whole that is missing or damaged. Throws where that cannot be done. */
type Repair = (file: ManifestFile, signal: AbortSignal) => Promise<void>;

/** Opens a model of the store. A file that is missing or damaged, now or later, is repaired once and read again. */
export async function openKeptSource(folder: KeptFolder, repair: Repair, signal: AbortSignal): Promise<KeptSource> {
  const { id, manifest } = folder;
  const readFile: ReadFile = (path, limit, signal) =>
    whileReading(id, signal, () => readWhole(folder, path, limit, signal));

  async function repairing<T>(read: () => Promise<T>, signal = new AbortController().signal): Promise<T> {
    try {
      return await read();
    } catch (error) {
      const file = error instanceof DamagedFile && manifest.files.find(({ path }) => path === error.path);
      if (!file) throw error;
      await repair(file, signal);
      return read();
    }
  }
  const source = await repairing(() => openFilesOf(manifest, readFile, signal), signal);
  return { ...source, id, read: (path, signal) => repairing(() => source.read(path, signal), signal) };
}

async function readWhole(folder: KeptFolder, path: string, limit: number, signal?: AbortSignal) {
  const file = await folder.find(path);
  if (!file) throw new DamagedFile(path, 'it is not here');
  if (file.size > limit) throw tooLong(path, limit);
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    signal?.throwIfAborted();
    return bytes;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RangeError) throw outOfMemory(path, file.size, error);
    if (isNamed(error, 'NotFoundError')) throw new DamagedFile(path, 'it is not here');
    throw error;
  }
}
