import { mkdir, readdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { ModelFolderWriter } from '../../export/model-folder';
import { openModelFolder } from '../../src/library/model-folder';
import { TemporaryFolders } from '../temporary-folders';
import { writeCheckpoint } from './random-checkpoint';

const folders = new TemporaryFolders();
let checkpoint: string;
let parent: string;
beforeEach(async () => {
  await folders.remove();
  [checkpoint, parent] = [await folders.make(), await folders.make()];
  await writeCheckpoint(checkpoint);
});
afterAll(() => folders.remove());

/** What this process has open of a folder. Linux tells. */
async function openFilesOf(folder: string): Promise<string[]> {
  const numbers = await readdir('/proc/self/fd');
  const paths = await Promise.all(numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => '')));
  return paths.filter((path) => path.startsWith(folder));
}

it('leaves nothing behind, an older model as it was, and no file open', async () => {
  const model = join(parent, 'model');
  await exportCheckpoint('tests/fixtures/bd3lm-tiny', model, 'q8');
  for (const part of [0, 1, 5, 18]) {
    const abort = new AbortController();
    const onProgress = ({ parts }: { parts: number }) => {
      if (parts === part) abort.abort();
    };
    const exporting = exportCheckpoint(checkpoint, model, 'f32', { signal: abort.signal, onProgress, fileBytes: 500 });
    await expect(exporting).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readdir(parent)).toEqual(['model']);
    expect((await openModelFolder(model)).config.vocabSize).toBe(98);
    expect(await openFilesOf(checkpoint)).toEqual([]);
    expect(await openFilesOf(parent)).toEqual([]);
  }
});

it('a folder that cannot be made is told in a sentence, and the checkpoint is closed', async () => {
  await writeFile(join(parent, 'file'), '');
  await expect(exportCheckpoint(checkpoint, join(parent, 'file', 'model'), 'q8')).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringMatching(/cannot be made: .*Name a folder that can be\.$/),
  });
  expect(await openFilesOf(checkpoint)).toEqual([]);
});

it('the checkpoint is not written over, by whatever name', async () => {
  await symlink(checkpoint, join(parent, 'link'));
  const before = await readdir(checkpoint);
  for (const to of [checkpoint, join(parent, 'link'), join(checkpoint, '.')]) {
    await expect(exportCheckpoint(checkpoint, to, 'q8')).rejects.toMatchObject({
      code: 'bad-input',
      message: `${to} is the checkpoint. Name another folder for the model.`,
    });
  }
  expect(await readdir(checkpoint)).toEqual(before);
});

describe('what cannot be written is told in a sentence', () => {
  it('on a full disk', async () => {
    const folder = new ModelFolderWriter(join(parent, 'model'));
    const first = await folder.begin('first');
    await first.append(new Uint8Array(3));
    await first.finish();
    const [staging] = await readdir(parent);
    await symlink('/dev/full', join(parent, staging!, 'second'));
    const file = await folder.begin('second');
    await expect(file.append(new Uint8Array(3))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^second cannot be written: ENOSPC.* Make room for it\.$/),
    });
    await symlink('/dev/full', join(parent, staging!, 'manifest.json'));
    await expect(folder.publish(new Uint8Array(3), null)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^manifest\.json cannot be written: ENOSPC.* Make room for it\.$/),
    });
    await folder.close();
    expect(await readdir(parent)).toEqual([]);
  });

  it('onto a file', async () => {
    await writeFile(join(parent, 'file'), 'mine');
    await expect(exportCheckpoint(checkpoint, join(parent, 'file'), 'q8')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(
        /file cannot be made: there is a file of that name\. Name a folder that can be\.$/,
      ),
    });
    expect(await readdir(parent)).toEqual(['file']);
  });

  it('where a file of a model is a folder', async () => {
    await mkdir(join(parent, 'model', 'model.safetensors'), { recursive: true });
    await expect(exportCheckpoint(checkpoint, join(parent, 'model'), 'q8')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/model cannot be written to: .*\. Name another folder\.$/),
    });
    expect(await readdir(parent)).toEqual(['model']);
  });
});

it('tells how far it is, to the last byte', async () => {
  const told: { parts: number; bytes: number }[] = [];
  await exportCheckpoint(checkpoint, join(parent, 'model'), 'q4', { onProgress: (progress) => told.push(progress) });
  expect(told.map(({ bytes }) => bytes)).toEqual(told.map(({ bytes }) => bytes).toSorted((a, b) => a - b));
  expect(told.at(-1)).toMatchObject({ parts: 20, ofParts: 20 });
  const { manifest } = await openModelFolder(join(parent, 'model'));
  expect(told.at(-1)!.bytes).toBe(manifest.files.find(({ path }) => path === 'model.safetensors')!.bytes);
});
