import { readFrom } from '../weights/model-files';
import type { ModelSource } from '../weights/model-source';
import { openModelSource } from '../weights/open-model-source';
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
