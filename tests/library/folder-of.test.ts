import { expect, test } from 'vitest';
import { folderOf } from '../../src/library/folder-of';

/** A file as a directory input gives it. */
function fileAt(path: string): File {
  const file = new File(['x'], path.split('/').at(-1)!);
  Object.defineProperty(file, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
  return file;
}

test('the files of a folder come without those in folders below it', () => {
  const files = ['model/config.json', 'model/old/config.json', 'model/manifest.json'].map(fileAt);
  expect(folderOf(files)).toEqual({ type: 'folder', name: 'model', files: [files[0], files[2]] });
});

test('files that were chosen one by one are a folder without a name of its own', () => {
  const files = ['config.json', 'manifest.json'].map(fileAt);
  expect(folderOf(files)).toEqual({ type: 'folder', name: 'These files', files });
});

test('no files are no folder', () => {
  expect(folderOf([])).toBeNull();
});
