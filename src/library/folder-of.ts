import type { FolderPlace } from './models';

/**
 * The folder that files were chosen from, as `<input type="file" webkitdirectory>` gives them: with those in folders
 * below it, which are left out. Null where there are none.
 */
export function folderOf(files: Iterable<File>): FolderPlace | null {
  const all = [...files];
  const [first] = all;
  if (!first) return null;
  const [folder] = first.webkitRelativePath.split('/');
  const own = all.filter(({ webkitRelativePath }) => webkitRelativePath.split('/').length <= 2);
  return { type: 'folder', name: folder || 'These files', files: own };
}
