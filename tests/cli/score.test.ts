import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModelFolder } from '../../src/library/model-folder';
import { folderWeights } from '../reference/folder-weights';
import { exactNelbo } from '../reference/nelbo';
import { EOS, idsOf, runCommand, TestFolders } from './run-command';

const ENTRY = 'src/cli/score.ts';
/** Ids of the tiny model's context; its tokenizer has an id for each character. */
const CONTEXT = 32;
/** The first is cut, the second ends where the context does, and the third within a block of 4. */
const TEXTS = ['Once upon a time there was a kite.', 'in a hole in the ground', 'Yes!'];
const WHOLE = TEXTS.map((text) => `A: b\n\n${text}`);

const folders = new TestFolders();
let model: string;
let documents: string;
beforeAll(async () => {
  model = await folders.textModel({ block_sizes: [1, 4] });
  documents = join(await folders.make(), 'documents.jsonl');
  await writeFile(documents, TEXTS.map((text) => JSON.stringify({ kind: 'A', title: 'b', text })).join('\n'));
});
afterAll(() => folders.remove());

const run = (args: string) => runCommand(ENTRY, ['--model', model, '--jsonl', documents, ...args.split(' ')]);

/** The ids of each document as they are scored. */
const cutIds = () => WHOLE.map((text) => [EOS, ...idsOf(text), EOS].slice(0, CONTEXT));

describe.each(['webgpu', 'wasm'])('on %s', (backend) => {
  it('--json gives the exact likelihood at block size 1', async () => {
    const { status, out } = await run(`--block-size 1 --samples 2 --json --backend ${backend}`);
    expect(status).toBe(0);
    const source = await openModelFolder(model);
    const weights = await folderWeights(source);
    const nats = cutIds().map((ids) => exactNelbo(source.config, weights, { ids, given: 1, blockSize: 1 }).nats);
    const perToken = nats.reduce((a, b) => a + b) / (31 + 30 + 11);
    expect(out).toMatch(/^\{.*\}\n$/);
    expect(JSON.parse(out)).toEqual({
      documents: 3,
      // Without the BOS of each, with the EOS of the second and third.
      tokens: 31 + 30 + 11,
      bytes: 31 + 29 + 10,
      nelbo_nats_per_token: expect.closeTo(perToken, 4),
      ppl: expect.closeTo(Math.exp(perToken), 1),
      bits_per_byte: expect.closeTo((perToken * 72) / Math.log(2) / 70, 4),
      stderr: expect.any(Number),
      block_size: 1,
      samples: 2,
    });
  });
});

it('--json gives an estimate at block size 4, the same for the same seed', async () => {
  const short = join(await folders.make(), 'short.jsonl');
  await writeFile(short, JSON.stringify({ kind: 'A', title: 'b', text: TEXTS[2] }));
  const settings = `--jsonl ${short} --block-size 4 --samples 100 --json --backend wasm`;
  const { out } = await run(`${settings} --seed 3`);
  const source = await openModelFolder(model);
  const text = { ids: [EOS, ...idsOf(WHOLE[2]!), EOS], given: 1, blockSize: 4 };
  const { nats, variance } = exactNelbo(source.config, await folderWeights(source), text);
  const told = JSON.parse(out);
  expect(told).toMatchObject({ documents: 1, tokens: 11, bytes: 10, stderr: null, block_size: 4, samples: 100 });
  expect(Math.abs(11 * told.nelbo_nats_per_token - nats)).toBeLessThan(4 * Math.sqrt(variance / 100));
  expect((await run(`${settings} --seed 3`)).out).toBe(out);
  expect((await run(`${settings} --seed 4`)).out).not.toBe(out);
});

it('without --json, a summary on stdout and the run on stderr', async () => {
  const { status, out, error } = await run('--block-size 4 --backend wasm --limit 1');
  expect(status).toBe(0);
  const number = String.raw`\d+\.\d+`;
  expect(out).toMatch(
    new RegExp(
      `^1 document, 31 tokens, 31 bytes\n` +
        `block size 4: ≤ ${number} nats a token, perplexity ≤ ${number}, ≤ ${number} bits a byte\n$`,
    ),
  );
  expect(error).toMatch(new RegExp(`^${number} s, wasm on CPU, .*, 1 sample of noise, seed 0\n$`));
});

it('Ctrl-C ends it with the documents that are done', async () => {
  const many = join(await folders.make(), 'many.jsonl');
  const line = JSON.stringify({ kind: 'A', title: 'b', text: TEXTS[0] });
  await writeFile(many, `${line}\n`.repeat(20_000));
  const args = ['--model', model, '--jsonl', many, '--block-size', '1', '--backend', 'wasm', '--json'];
  const { status, out, error } = await runCommand(ENTRY, args, { onError: (_, interrupt) => interrupt() });
  expect(error).toMatch(/^\d+ of 20000 documents, \d+\.\d+ nats a token so far\n$/);
  expect(status).toBe(130);
  const told = JSON.parse(out);
  expect(told.documents).toBeLessThan(20_000);
  expect(told.tokens).toBe(told.documents * 31);
});

describe('says in one sentence what is wrong', () => {
  it.each<[string, string[], number, RegExp]>([
    ['usage', ['--samples', 'x'], 2, /^--samples must be a number, not "x"\. See --help\.\n$/],
    ['a block size', ['--block-size', '5'], 1, /^This model was not trained on block size 5\. Choose 1 or 4\.\n$/],
    ['no file', ['--jsonl', 'nothing.jsonl'], 1, /^There is no file nothing\.jsonl\. .*\n$/],
    ['no documents in it', ['--jsonl', 'package.json'], 1, /^package\.json, line 1 must be a JSON object .*\n$/],
    ['no folder', ['--model', 'nothing'], 1, /^nothing has no manifest\.json\. .*\n$/],
  ])('%s', async (_, args, status, message) => {
    const all = ['--model', model, '--jsonl', documents, '--block-size', '4', ...args];
    expect(await runCommand(ENTRY, all)).toEqual({ status, out: '', error: expect.stringMatching(message) });
  });

  it('a model without tokenizer', async () => {
    const args = ['--model', await folders.plainModel(), '--jsonl', documents, '--block-size', '4'];
    expect(await runCommand(ENTRY, args)).toEqual({
      status: 1,
      out: '',
      error: 'This model has no tokenizer, and documents are text. Export it with one.\n',
    });
  });

  it('prints its help', async () => {
    const { status, out } = await runCommand(ENTRY, ['--help']);
    expect(status).toBe(0);
    expect(out).toContain('--jsonl <file>');
  });
});
