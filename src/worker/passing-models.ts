import { MemoryWorkplace } from '../convert/memory-workplace';
import { outOfMemory } from '../model/out-of-memory';
import type { ModelSource } from '../model/source/model-source';
import { DamagedFile, manifestOf, openFilesOf } from '../model/source/open-model-source';
import type { Making, StoreOptions } from '../model/store/kept-model';

/** A model that lasts as long as this worker does. */
export interface PassingModel {
  readonly source: ModelSource;
  readonly origin: { readonly type: 'checkpoint'; readonly place: string };
}

/** Larger ones leave no room for the model itself. */
export const LARGEST_PASSING = 1e9;

const made = new Map<string, PassingModel>();

/** Makes a model in memory, where the browser keeps no files. Throws what `make` throws, or `out-of-memory`. */
export async function makePassing(
  { key, name, place, totalBytes, make }: Making,
  options: StoreOptions,
): Promise<string> {
  made.clear();
  if (totalBytes > LARGEST_PASSING) throw outOfMemory(name, totalBytes, undefined);
  const workplace = new MemoryWorkplace();
  try {
    const manifest = manifestOf(await make((file) => workplace.open(file), options));
    const read = async (path: string) => {
      const bytes = workplace.read(path);
      if (!bytes) throw new DamagedFile(path, 'it is not here');
      return bytes;
    };
    const source = await openFilesOf(manifest, read, options.signal);
    made.set(key, { source, origin: { type: 'checkpoint', place } });
    return key;
  } catch (error) {
    throw error instanceof RangeError ? outOfMemory(name, totalBytes, error) : error;
  }
}

/** Undefined for one that is none, or was made in another worker. */
export function passingModel(key: string): PassingModel | undefined {
  return made.get(key);
}
