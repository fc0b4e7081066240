import { UnmaskError } from '../../errors';
import type { ManifestFile } from '../format/manifest';
import { PassingFailure } from '../source/server-answer';
import type { FillFile } from './fill-file';
import type { KeptFolder } from './kept-folder';
import type { StoreOptions } from './kept-model';
import { linkedAbort } from './linked-abort';
import { megabytes, withinSpace } from './storage-space';

/** Files that are filled at the same time. */
const AT_ONCE = 4;

/**
 * Fills in every file that a model lacks. Whatever ends it, what has come stays. Throws what `fillFile` throws, with what is
 * kept where a further try may help; `storage-full`; or the AbortError.
 */
export async function fillFolder(
  folder: KeptFolder,
  fillFile: FillFile,
  { signal, onProgress }: StoreOptions,
): Promise<void> {
  const { manifest, totalBytes } = folder;
  const kept = new Map<string, number>();
  for (const file of manifest.files) kept.set(file.path, await folder.keptBytesOf(file));
  const keptBytes = () => [...kept.values()].reduce((sum, bytes) => sum + bytes, 0);
  const tell = () => onProgress(keptBytes(), totalBytes);

  async function fillOne(file: ManifestFile, signal: AbortSignal): Promise<void> {
    if (!(await folder.lacks(file))) return;
    const part = await folder.openPart(file, signal);
    const onChange = () => {
      kept.set(file.path, part.size);
      tell();
    };
    try {
      onChange();
      await fillFile(file, part, { signal, onChange });
    } finally {
      part.close();
    }
    await folder.keepPart(file);
  }

  tell();
  // What is small tells of the model, or says soon that it cannot be used.
  const files = manifest.files.toSorted((a, b) => a.bytes - b.bytes);
  const fillAll = () => eachAtOnce(files, signal, fillOne);
  try {
    await withinSpace(manifest.name, () => totalBytes - keptBytes(), fillAll);
  } catch (error) {
    throw error instanceof PassingFailure ? withKept(error, keptBytes(), totalBytes) : error;
  }
}

/** Runs `run` for all items, some at a time. The first failure ends the others, and is thrown when they have ended. */
async function eachAtOnce<T>(
  items: readonly T[],
  signal: AbortSignal,
  run: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await linkedAbort(signal, async (stop) => {
    const queue = items.values();
    const slots = Array.from({ length: AT_ONCE }, async () => {
      for (const item of queue) {
        if (stop.signal.aborted) return;
        await run(item, stop.signal).catch((error: unknown) => stop.abort(error));
      }
    });
    await Promise.all(slots);
    stop.signal.throwIfAborted();
  });
}

function withKept(failure: PassingFailure, keptBytes: number, totalBytes: number): UnmaskError {
  const kept = `${megabytes(keptBytes)} of ${megabytes(totalBytes)} MB are kept, and the next try goes on from there.`;
  return new UnmaskError('network', `${failure.message} ${kept}`, { cause: failure });
}
