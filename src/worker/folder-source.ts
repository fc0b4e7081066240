import { readFrom } from '../model/source/model-files';
import type { ModelSource } from '../model/source/model-source';
import { openModelSource } from '../model/source/open-model-source';
import type { LoadOptions } from './loaded-model';
import { factsOf } from './model-facts';

/** Opens the files of a folder of this device where they lie. Throws `bad-model`. */
export async function openFolder(
  name: string,
  files: readonly File[],
  { signal, onProgress }: LoadOptions,
): Promise<ModelSource> {
  const source = await openModelSource(readFrom(name, files), signal);
  const { totalBytes } = factsOf(source);
  onProgress(totalBytes, totalBytes);
  return source;
}
