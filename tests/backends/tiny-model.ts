import { join } from 'node:path';
import { afterAll } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { openModelFolder } from '../../src/library/model-folder';
import type { WeightDtype } from '../../src/model/format/packing';
import type { ModelSource } from '../../src/model/source/model-source';
import { TemporaryFolders } from '../temporary-folders';

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

const exported = new Map<WeightDtype, Promise<ModelSource>>();

/** `bd3lm-tiny` as `npm run export` writes it, exported once for a test file. */
export function tinyModel(dtype: WeightDtype): Promise<ModelSource> {
  const model = exported.get(dtype) ?? exportedModel('tests/fixtures/bd3lm-tiny', dtype);
  exported.set(dtype, model);
  return model;
}

/** A checkpoint folder's model, in a folder that goes when the test file is over. */
export async function exportedModel(checkpoint: string, dtype: WeightDtype): Promise<ModelSource> {
  const folder = join(await folders.make(), 'model');
  await exportCheckpoint(checkpoint, folder, dtype);
  return openModelFolder(folder);
}
