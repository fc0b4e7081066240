import { UnmaskError } from '../../errors';
import { isNamed } from './private-files';

export interface StorageSpace {
  readonly usedBytes: number;
  readonly freeBytes: number;
}

/** Of the origin, as the browser estimates. */
export async function storageSpace(): Promise<StorageSpace> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  return { usedBytes: usage, freeBytes: Math.max(0, quota - usage) };
}

/**
 * Writes some of a model for which `neededBytes` more are needed. Throws `storage-full` where there is less space than
 * that, before anything is written as far as the browser tells.
 */
export async function withinSpace<T>(model: string, neededBytes: () => number, write: () => Promise<T>): Promise<T> {
  if (neededBytes() > (await storageSpace()).freeBytes) throw await storageFull(model, neededBytes());
  try {
    return await write();
  } catch (error) {
    throw isNamed(error, 'QuotaExceededError') ? await storageFull(model, neededBytes(), error) : error;
  }
}

async function storageFull(model: string, neededBytes: number, cause?: unknown): Promise<UnmaskError> {
  const { freeBytes } = await storageSpace();
  // Chromium's estimate says 10 GiB to any page, whatever there is.
  const left = freeBytes < neededBytes ? `${megabytes(freeBytes)} MB` : 'less';
  const needed = `${model} needs ${megabytes(neededBytes)} MB more of the browser's storage, which has ${left} left`;
  const advice = 'Remove a kept model, or take a smaller one: q4 is the smallest.';
  return new UnmaskError('storage-full', `${needed}. ${advice}`, { cause });
}

/** In millions of bytes, as the page counts them. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
