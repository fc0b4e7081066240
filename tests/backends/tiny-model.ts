import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import { MODEL_FILES, parseManifest, type WeightDtype } from '../../src/weights/manifest';
import { parseModelConfig } from '../../src/weights/model-config';
import type { ModelSource } from '../../src/weights/model-source';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const folders = new Map<WeightDtype, Promise<string>>();
afterAll(async () => {
  for (const folder of folders.values()) await rm(await folder, { recursive: true, force: true });
});

async function exportTinyModel(dtype: WeightDtype): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'unmask-tiny-'));
  const command = ['scripts/run.mjs', 'export/export.ts', 'tests/fixtures/bd3lm-tiny', folder, '--dtype', dtype];
  await promisify(execFile)(process.execPath, command, { cwd: ROOT });
  return folder;
}

/** `bd3lm-tiny` as `npm run export` writes it, exported once for a test file. */
export async function tinyModel(dtype: WeightDtype): Promise<ModelSource> {
  const exporting = folders.get(dtype) ?? exportTinyModel(dtype);
  folders.set(dtype, exporting);
  const folder = await exporting;
  const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(folder, path), 'utf8'));
  return {
    manifest: parseManifest(await json('manifest.json')),
    config: parseModelConfig(await json(MODEL_FILES.config)),
    read: async (path) => Uint8Array.from(await readFile(join(folder, path))),
  };
}
