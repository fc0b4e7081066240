import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModelFolder } from '../../src/library/model-folder';
import { parseModelConfig } from '../../src/network/families';
import { CONFIG, FILES, smallFolder } from './small-folder';

const { weights, config } = FILES;

it('reads every file of the manifest', async () => {
  const folder = await smallFolder();
  const source = await openModelFolder(folder.path);
  expect(source.manifest).toEqual(folder.manifest);
  expect(source.config).toEqual(parseModelConfig(CONFIG));
  expect(source.packing).toEqual({ dtype: 'f32', embeddingDtype: 'f32' });
  for (const [path, bytes] of Object.entries(folder.files)) {
    const read = await source.read(path);
    expect(read).toEqual(new Uint8Array(bytes));
    expect(read.buffer.byteLength).toBe(bytes.length);
  }
});

it('says that there is no model, and how to get one', async () => {
  const { path } = await smallFolder();
  const nowhere = join(path, 'nowhere');
  await expect(openModelFolder(nowhere)).rejects.toMatchObject({
    code: 'bad-model',
    message: `${nowhere} has no manifest.json. Export a model to that folder with "npm run export".`,
  });
});

it('refuses a file that is missing, or no file', async () => {
  const { path } = await smallFolder();
  const source = await openModelFolder(path);
  await rm(join(path, weights));
  await expect(source.read(weights)).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringMatching(/ has no model\.safetensors\. Export a model/),
  });
  await mkdir(join(path, weights));
  await expect(source.read(weights)).rejects.toMatchObject({ code: 'bad-model' });
});

it('refuses a file that the manifest does not list', async () => {
  const folder = await smallFolder();
  await folder.write('other.bin', 'x');
  const source = await openModelFolder(folder.path);
  await expect(source.read('other.bin')).rejects.toMatchObject({
    code: 'bad-model',
    message: 'manifest.json does not list other.bin. Export the model again.',
  });
});

it.each([
  ['longer', (bytes: Buffer) => Buffer.concat([bytes, bytes]), 'it has more than 300001 bytes'],
  ['shorter', (bytes: Buffer) => bytes.subarray(1), 'it has 300000 bytes and should have 300001'],
  ['other', (bytes: Buffer) => Buffer.from(bytes).fill(bytes[7]! ^ 1, 7, 8), 'its SHA-256 is not the one'],
])('refuses a file that is %s than the manifest says', async (_, change, message) => {
  const folder = await smallFolder();
  await folder.write(weights, change(folder.files[weights]!));
  const source = await openModelFolder(folder.path);
  await expect(source.read(weights)).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining(`model.safetensors is damaged: ${message}`),
  });
});

it('holds the config to the manifest', async () => {
  const folder = await smallFolder();
  await folder.write(config, JSON.stringify({ ...CONFIG, n_blocks: 2 }));
  await expect(openModelFolder(folder.path)).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining('config.json is damaged: its SHA-256'),
  });
});

it('refuses a manifest that is not JSON, or endless', async () => {
  const folder = await smallFolder();
  await folder.write('manifest.json', '<!doctype html>');
  await expect(openModelFolder(folder.path)).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining('manifest.json is damaged: it is not JSON'),
  });
  await folder.write('manifest.json', ' '.repeat(2 ** 20 + 1));
  await expect(openModelFolder(folder.path)).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining('manifest.json is damaged: it has more than 1048576 bytes'),
  });
});

it('can be cancelled', async () => {
  const { path } = await smallFolder();
  const source = await openModelFolder(path);
  const reason = { name: 'AbortError', constructor: DOMException };
  await expect(source.read(weights, AbortSignal.abort())).rejects.toMatchObject(reason);
  const abort = new AbortController();
  const reading = source.read(weights, abort.signal);
  abort.abort();
  await expect(reading).rejects.toMatchObject(reason);
});

it('opens a model that comes with the page by its name', async () => {
  const [named, inFolder] = [await openModelFolder('stories'), await openModelFolder('public/models/stories')];
  expect(named.manifest).toEqual(inFolder.manifest);
  await expect(openModelFolder('no-such-model')).rejects.toMatchObject({ code: 'bad-model' });
});
