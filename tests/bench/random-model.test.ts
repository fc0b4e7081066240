import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PUBLISHED_SHAPE, writeRandomModel } from '../../bench/random-model';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { openModelFolder } from '../../src/cli/model-folder';
import { parseModelConfig } from '../../src/network/model-config';
import { weightSpecs } from '../../src/model/format/weight-spec';
import { SMALL } from '../engine/small-model';
import { TemporaryFolders } from '../temporary-folders';

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

it('has the published shape', () => {
  expect(parseModelConfig(PUBLISHED_SHAPE)).toEqual(PUBLISHED_SHAPE);
  const parameters = weightSpecs(PUBLISHED_SHAPE).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  expect(Math.round(parameters / 1e6)).toBe(162);
});

it('is a model folder whose network computes numbers of a usual size', async () => {
  const folder = join(await folders.make(), 'random');
  const { parameters } = await writeRandomModel(folder, SMALL);
  const source = await openModelFolder(folder);
  expect(source).toMatchObject({ config: SMALL, manifest: { id: 'random', dtype: 'q8', parameters } });
  const backend = await createWasmBackend(source);
  backend.begin(4);
  const logits = await backend.logits([1, 2, 3, 4]);
  backend.dispose();
  expect(Math.max(...logits.map(Math.abs))).toBeGreaterThan(0.5);
  expect(Math.max(...logits.map(Math.abs))).toBeLessThan(20);
});
