import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { TemporaryFolders } from '../temporary-folders';
import { runCommand } from './run-command';

const CHECKPOINT = 'tests/fixtures/bd3lm-tiny';
const folders = new TemporaryFolders();
afterAll(() => folders.remove());

const run = (...args: string[]) => runCommand('export/export.ts', args);

it('writes q8 unless told otherwise, and says what', async () => {
  const model = join(await folders.make(), 'model');
  expect(await run(CHECKPOINT, model)).toEqual({
    status: 0,
    out: `${model}: 0.2 million parameters as q8, 0.2 MB\n`,
    error: '',
  });
  expect(existsSync(join(model, 'manifest.json'))).toBe(true);
});

it.each<[args: string[], status: number, error: RegExp]>([
  [[], 2, /^Name a checkpoint folder and a model folder\. See --help\.\n$/],
  [[CHECKPOINT, 'a', 'b'], 2, /^Name a checkpoint folder/],
  [[CHECKPOINT, 'a', '--dtype', 'f8'], 2, /^--dtype must be f32, f16, q8 or q4, not "f8"\. See --help\.\n$/],
  [[CHECKPOINT, 'a', '--type', 'q8'], 2, /^Unknown option '--type'.*See --help\.\n$/],
  [['nowhere', 'a'], 1, /^nowhere.config\.json is missing\. Give the folder of a checkpoint.*\n$/],
])('%j is refused in one sentence, and nothing is written', async (args, status, error) => {
  expect(await run(...args)).toEqual({ status, out: '', error: expect.stringMatching(error) });
  expect(existsSync('a')).toBe(false);
});

it('prints its help', async () => {
  expect(await run('--help')).toMatchObject({ status: 0, out: expect.stringContaining('--dtype <name>') });
});
