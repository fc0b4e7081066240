import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import type { Backend } from '../../src/backends/backend';
import { createBackend } from '../../src/backends/choose-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { openModelFolder } from '../../src/library/model-folder';
import type { ModelSource } from '../../src/model/source/model-source';
import { testGpu } from '../gpu';
import { folderWeights } from '../reference/folder-weights';
import { TemporaryFolders } from '../temporary-folders';

const TINY = 'tests/fixtures/bd3lm-tiny';
/** The largest matrices have 64 × 256 numbers, in q8 a byte each: two such files, each with its scales. */
const FILE_BYTES = 10_000;

const folders = new TemporaryFolders();
let whole: string;
let sharded: string;
beforeAll(async () => {
  [whole, sharded] = [join(await folders.make(), 'model'), join(await folders.make(), 'model')];
  await exportCheckpoint(TINY, whole, 'q8');
  await exportCheckpoint(TINY, sharded, 'q8', { fileBytes: FILE_BYTES });
});
afterAll(() => folders.remove());

it('has the same numbers in more files, none larger than asked for', async () => {
  const [one, several] = [await openModelFolder(whole), await openModelFolder(sharded)];
  expect(one.manifest.weights).toEqual(['model.safetensors']);
  expect(several.manifest.weights.length).toBeGreaterThan(20);
  const sizes = several.manifest.weights.map(
    (path) => several.manifest.files.find((file) => file.path === path)!.bytes,
  );
  expect(Math.max(...sizes)).toBeLessThanOrEqual(FILE_BYTES);
  expect(await folderWeights(several)).toEqual(await folderWeights(one));
});

describe.each<[string, (source: ModelSource) => Promise<Backend>]>([
  ['webgpu', async (source) => createWebgpuBackend(source, await testGpu())],
  ['wasm', (source) => createBackend(source, 'wasm', undefined)],
])('on %s', (_, create) => {
  it('computes what it does in one file', async () => {
    const logits = await Promise.all(
      [whole, sharded].map(async (folder) => {
        const backend = await create(await openModelFolder(folder));
        backend.begin(4);
        const found = await backend.logits([1, 2, 3, 4, 5, 6, 7, 8]);
        backend.dispose();
        return found;
      }),
    );
    expect(logits[1]).toEqual(logits[0]);
  });
});

it('takes the place of more files, and of fewer', async () => {
  const folder = join(await folders.make(), 'model');
  const others = ['README.md', 'config.json', 'manifest.json'];
  for (const fileBytes of [FILE_BYTES, 2 * FILE_BYTES, 2 ** 20, FILE_BYTES]) {
    const { weights } = await exportCheckpoint(TINY, folder, 'q8', { fileBytes });
    const expected = [...others, ...weights];
    expect((await readdir(folder)).toSorted()).toEqual(expected.toSorted());
  }
});
