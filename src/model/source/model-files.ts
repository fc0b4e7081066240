import { UnmaskError } from '../../errors';
import { MANIFEST, noModelFolder, type ReadFile, tooLong } from './open-model-source';

/** Reads a model folder out of its files, as a person chose or dropped them. */
export function readFrom(folderName: string, files: readonly File[]): ReadFile {
  return async (path, limit, signal) => {
    const file = fileNamed(path, folderName, files);
    if (file.size > limit) throw tooLong(path, limit);
    const bytes = new Uint8Array(await file.arrayBuffer().catch(unreadable(path, folderName)));
    signal?.throwIfAborted();
    return bytes;
  };
}

/** Throws `bad-model` where there is none of that name. */
export function fileNamed(path: string, folderName: string, files: readonly File[]): File {
  const file = files.find(({ name }) => name === path);
  if (file) return file;
  if (path === MANIFEST) throw noModelFolder(folderName);
  throw new UnmaskError('bad-model', `${folderName} has no ${path}. Get or export the model again.`);
}

/** What becomes of a failure to read: the file was changed or deleted after it was chosen, or its disk is gone. */
export function unreadable(path: string, folderName: string): (cause: unknown) => never {
  return (cause) => {
    const what = `${path} cannot be read any more. Open the folder ${folderName} again.`;
    throw new UnmaskError('bad-model', what, { cause });
  };
}
