import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openModelFolder } from '../../src/library/model-folder';
import { publishedConfig } from '../long/published-config';
import { writeRandomCheckpoint } from '../long/random-checkpoint';
import { TemporaryFolders } from '../temporary-folders';
import { runCommand } from './run-command';

const CHECKPOINT = 'tests/fixtures/bd3lm-tiny';
const TOKENIZER = 'tests/fixtures/byte-bpe';
const folders = new TemporaryFolders();
afterAll(() => folders.remove());

const run = (...args: string[]) => runCommand('export/export.ts', args);

/** A checkpoint of 5 million numbers, which are a second's work as q4. */
async function checkpointOf5M(): Promise<string> {
  const folder = await folders.make();
  const small = { vocab_size: 8_192, model_length: 64, hidden_dim: 256, n_heads: 4, n_blocks: 1 };
  await writeRandomCheckpoint(folder, { ...publishedConfig(4), ...small }, { seed: 1, dtype: 'F32', shards: 1 });
  return folder;
}

it('writes q8 unless told otherwise, says what, and how to get a tokenizer', async () => {
  const model = join(await folders.make(), 'model');
  expect(await run(CHECKPOINT, model)).toEqual({
    status: 0,
    out: `${model}: 0.2 million parameters as q8, 0.2 MB\n`,
    error: expect.stringMatching(/^There is no tokenizer, and the page needs one\. .*--tokenizer <folder>.*\n$/),
  });
  expect(existsSync(join(model, 'manifest.json'))).toBe(true);
});

it('takes a tokenizer from elsewhere, and writes files of the size asked for', async () => {
  const model = join(await folders.make(), 'model');
  const args = ['--tokenizer', TOKENIZER, '--shard-mib', '1', '--dtype', 'q8'];
  expect(await run(await checkpointOf5M(), model, ...args)).toMatchObject({
    status: 0,
    out: `${model}: 5.3 million parameters as q8, 5.7 MB\n`,
    error: '',
  });
  const { manifest, config } = await openModelFolder(model);
  expect(config.bosId).not.toBeNull();
  // The embedding and the head, 2.25 MiB each, are spread over three files each.
  expect(manifest.weights.length).toBeGreaterThan(5);
  for (const { path, bytes } of manifest.files)
    if (manifest.weights.includes(path)) expect(bytes).toBeLessThanOrEqual(2 ** 20);
});

it('Ctrl-C leaves nothing of the new model, and the old one as it was', async () => {
  const parent = await folders.make();
  const model = join(parent, 'model');
  await run(CHECKPOINT, model);
  const before = (await openModelFolder(model)).manifest;
  const command = ['scripts/run.mjs', 'export/export.ts', await checkpointOf5M(), model, '--dtype', 'q4'];
  const child = spawn(process.execPath, command);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const isWriting = async () => (await readdir(parent)).some((name) => name.includes('.partial-'));
  while (child.exitCode === null && !(await isWriting())) await new Promise((resolve) => setTimeout(resolve, 2));
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(await readdir(parent)).toEqual(['model']);
  expect((await openModelFolder(model)).manifest).toEqual(before);
});

it.each<[args: string[], status: number, error: RegExp]>([
  [[], 2, /^Name a checkpoint folder and a model folder\. See --help\.\n$/],
  [[CHECKPOINT, 'a', 'b'], 2, /^Name a checkpoint folder/],
  [[CHECKPOINT, 'a', '--dtype', 'f8'], 2, /^--dtype must be f32, f16, q8 or q4, not "f8"\. See --help\.\n$/],
  [[CHECKPOINT, 'a', '--type', 'q8'], 2, /^Unknown option '--type'.*See --help\.\n$/],
  [[CHECKPOINT, 'a', '--shard-mib', '0.5'], 2, /^--shard-mib must be a whole number of at least 1, not "0\.5"\. See/],
  [
    [CHECKPOINT, 'a', '--tokenizer', 'nowhere'],
    1,
    /^nowhere.tokenizer\.json is missing\. Give --tokenizer a folder.*\n$/,
  ],
  [
    [CHECKPOINT, 'a', '--tokenizer', TOKENIZER],
    1,
    /^tokenizer\.json has ids up to 399, and the model's vocab_size is 98\./,
  ],
  [['nowhere', 'a'], 1, /^nowhere.config\.json is missing\. Give the folder of a checkpoint.*\n$/],
])('%j is refused in one sentence, and nothing is written', async (args, status, error) => {
  expect(await run(...args)).toEqual({ status, out: '', error: expect.stringMatching(error) });
  expect(existsSync('a')).toBe(false);
});

describe.runIf(existsSync('/dev/full'))('what stdout does not take', () => {
  const shell = async (line: string): Promise<{ status: number | null; error: string }> => {
    const model = join(await folders.make(), 'model');
    const command = `"${process.execPath}" scripts/run.mjs export/export.ts ${CHECKPOINT} "${model}"`;
    const child = spawn('bash', ['-c', `set -o pipefail; ${command} ${line}`]);
    let error = '';
    child.stderr.setEncoding('utf8').on('data', (data: string) => {
      error += data;
    });
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    expect(existsSync(join(model, 'manifest.json'))).toBe(true);
    return { status, error: error.replace(/^There is no tokenizer.*\n/, '') };
  };

  it('is told in one sentence on a full disk', async () => {
    const error = expect.stringMatching(/^The result cannot be written to standard output: ENOSPC[^\n]*\.\n$/);
    expect(await shell('> /dev/full')).toEqual({ status: 1, error });
  });

  it('is not told to a reader that has gone', async () => {
    expect(await shell('| head -c 0')).toEqual({ status: 0, error: '' });
  });
});

it('the embedding and the head can be stored otherwise', async () => {
  const model = join(await folders.make(), 'model');
  const { status, out } = await run(CHECKPOINT, model, '--dtype', 'q4', '--embedding-dtype', 'f16');
  expect({ status, out }).toEqual({
    status: 0,
    out: `${model}: 0.2 million parameters as q4 (embedding and head as f16), 0.1 MB\n`,
  });
});

it('prints its help', async () => {
  expect(await run('--help')).toMatchObject({ status: 0, out: expect.stringContaining('--dtype <name>') });
});
