import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { distinctShare } from '../../bench/text-statistics';
import { openModelFolder } from '../../src/library/model-folder';
import { EOS, idsOf, runCommand, TestFolders } from '../cli/run-command';
import { folderWeights } from '../reference/folder-weights';
import { exactNelbo } from '../reference/nelbo';

const ENTRY = 'bench/quality.ts';
const folders = new TestFolders();
let model: string;
let out: string;
beforeAll(async () => {
  // Blocks of 1 and 4, of the sizes that are measured: ten settings.
  model = await folders.textModel({ block_sizes: [1, 4], model_length: 64 });
  out = join(await folders.make(), 'results.jsonl');
});
afterAll(() => folders.remove());

const run = (...args: string[]) =>
  runCommand(ENTRY, ['--model', model, '--out', out, '--max-tokens', '6', '--backend', 'wasm', ...args]);
const resultLines = async () => (await readFile(out, 'utf8')).trimEnd().split('\n');

it('measures each setting once, and goes on where it was stopped', async () => {
  const first = await run('--samples', '1');
  expect(first.error).toMatch(/^10 texts, 0 of them in .*\n1 of 10: first-hitting block size 1, .* nats a token\n/);
  expect(first).toMatchObject({ status: 0, out: '' });
  const lines = await resultLines();
  const results = lines.map((line) => JSON.parse(line));
  expect(results.map(({ policy, steps, threshold, block_size }) => [policy, steps ?? threshold, block_size])).toEqual([
    ['first-hitting', undefined, 1],
    ...[4, 2, 1].map((steps) => ['confidence', steps, 4]),
    ...[0.95, 0.9, 0.8, 0.7, 0.6, 0.5].map((threshold) => ['threshold', threshold, 4]),
  ]);
  const source = await openModelFolder(model);
  const weights = await folderWeights(source);
  const prompt = "Children's tale: The Lost Kite\n\n";
  for (const result of results) {
    const { text, tokens, passes, passes_per_token, nats_per_token, distinct_1 } = result;
    expect(result).toMatchObject({ prompt, seed: 1, max_tokens: 6 });
    expect(passes_per_token).toBe(passes / tokens);
    const written = [...idsOf(text), ...(tokens > text.length ? [EOS] : [])];
    expect(written).toHaveLength(tokens);
    const scored = { ids: [EOS, ...idsOf(prompt), ...written], given: 1 + prompt.length, blockSize: 1 };
    expect(nats_per_token).toBeCloseTo(exactNelbo(source.config, weights, scored).nats / tokens, 3);
    expect(distinct_1).toBe(distinctShare(written, 1));
  }

  // As if it had been stopped after two texts; then a sample more.
  await writeFile(out, `${lines.slice(0, 2).join('\n')}\n`);
  const second = await run('--samples', '2');
  expect(second.error).toMatch(/^20 texts, 2 of them in /);
  const all = await resultLines();
  expect(all.slice(0, 10)).toEqual(lines);
  expect(all.slice(10).map((line) => JSON.parse(line))).toMatchObject(
    Array(10).fill({ seed: 2, prompt: 'Campfire story: The Lantern on Hollow Lake\n\n' }),
  );
  expect((await run('--samples', '2')).error).toMatch(/^20 texts, 20 of them in .*\n$/);
});

it("asks a model with a chat template in a user's turn", async () => {
  const chat = await folders.textModel(
    { block_size: 1, block_sizes: [1], model_length: 64 },
    { chat_template: '{{ messages[0].content }}' },
  );
  const answers = join(await folders.make(), 'answers.jsonl');
  const args = ['--model', chat, '--out', answers, '--max-tokens', '2', '--samples', '1', '--backend', 'wasm'];
  expect(await runCommand(ENTRY, args)).toMatchObject({ status: 0 });
  const { prompt } = JSON.parse(await readFile(answers, 'utf8'));
  expect(prompt).toBe('Write a children\'s tale called "The Lost Kite".');
});

it.each<[what: string, args: () => Promise<string[]>, status: number, error: RegExp]>([
  ['no results named', async () => ['--model', model], 2, /^Name a file for the results with --out\. See --help\.\n$/],
  [
    'a model of blocks of 4 alone',
    async () => ['--model', await folders.textModel(), '--out', 'none.jsonl'],
    1,
    /^This model was not trained on block size 1\. Choose 4\.\n$/,
  ],
  [
    'results that are none',
    async () => ['--model', model, '--out', 'README.md'],
    1,
    /^README\.md, line 1 is no result, or not a whole one\. Remove it, or name another file\.\n$/,
  ],
  [
    'a result that is cut off',
    async () => {
      const cut = join(await folders.make(), 'cut.jsonl');
      await writeFile(cut, '{"policy": "first-hitting"}\n{"policy": "confi');
      return ['--model', model, '--out', cut];
    },
    1,
    /cut\.jsonl, line 2 is no result/,
  ],
  [
    'no samples',
    async () => ['--model', model, '--out', 'none.jsonl', '--samples', '0'],
    1,
    /^The number of samples must be a whole number of 1 or more, not 0\.\n$/,
  ],
])('refuses %s', async (_, args, status, error) => {
  expect(await runCommand(ENTRY, await args())).toEqual({ status, out: '', error: expect.stringMatching(error) });
});
