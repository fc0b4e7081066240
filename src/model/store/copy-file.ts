import { fileNamed, unreadable } from '../source/model-files';
import { checkLength, checkSha256, tooLong } from '../source/open-model-source';
import { piecesOf } from '../source/pieces';
import type { FillFile } from './fill-file';

/** Copies files of a folder of this device. Throws `bad-model` where one is not what the manifest says. */
export function copyFrom(folderName: string, files: readonly File[]): FillFile {
  return async (file, part, { signal, onChange }) => {
    const source = fileNamed(file.path, folderName, files);
    part.clear();
    try {
      if (source.size > file.bytes) throw tooLong(file.path, file.bytes);
      for await (const piece of piecesOf(source.stream(), unreadable(file.path, folderName))) {
        signal.throwIfAborted();
        part.append(piece);
        onChange();
      }
      checkLength(file, part.size);
      checkSha256(file, part.sha256());
    } catch (error) {
      part.clear();
      throw error;
    }
  };
}
