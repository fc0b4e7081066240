import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import type { Backend } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { openModelFolder } from '../../src/cli/model-folder';
import type { ModelSource } from '../../src/model/source/model-source';
import { testGpu } from '../gpu';
import { TemporaryFolders } from '../temporary-folders';

const TINY = 'tests/fixtures/bd3lm-tiny';
/** The largest tensors have 64 × 256 numbers, in q8 a byte each: two such files, and their scales go elsewhere. */
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

const weightFiles = async (folder: string) =>
  (await openModelFolder(folder)).manifest.weights.flatMap(({ files }) => files);

it('has the same bytes in more files, none larger than asked for', async () => {
  const paths = await weightFiles(sharded);
  expect(paths.some((path) => path.includes('.2-of-2.bin'))).toBe(true);
  const pieces = await Promise.all(paths.map((path) => readFile(join(sharded, path))));
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(FILE_BYTES);
  expect(Buffer.concat(pieces).equals(await readFile(join(whole, 'weights.bin')))).toBe(true);
});

describe.each<[string, (source: ModelSource) => Promise<Backend>]>([
  ['webgpu', async (source) => createWebgpuBackend(source, await testGpu())],
  ['wasm', (source) => createWasmBackend(source)],
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
  const others = ['README.md', 'config.json', 'manifest.json', 'model.onnx'];
  for (const fileBytes of [FILE_BYTES, 2 * FILE_BYTES, 2 ** 20, FILE_BYTES]) {
    const { weights } = await exportCheckpoint(TINY, folder, 'q8', { fileBytes });
    const expected = [...others, ...weights.flatMap(({ graph, files }) => [graph, ...files])];
    expect((await readdir(folder)).toSorted()).toEqual(expected.toSorted());
  }
});
