import { expect, it } from 'vitest';
import { UsageError } from '../../src/cli/command';
import { readScoreOptions, SCORE_HELP } from '../../src/cli/score-options';

const NEEDED = ['--model', 'folder', '--jsonl', 'file', '--block-size', '4'];

it('knows its defaults', () => {
  expect(readScoreOptions(NEEDED)).toEqual({
    model: 'folder',
    jsonl: 'file',
    blockSize: 4,
    limit: undefined,
    samples: 1,
    seed: 0,
    backend: 'auto',
    json: false,
  });
});

it('takes every option', () => {
  const line = '--model m --jsonl f.gz --block-size 8 --limit 20 --samples 3 --seed 7 --backend wasm --json';
  expect(readScoreOptions(line.split(' '))).toEqual({
    model: 'm',
    jsonl: 'f.gz',
    blockSize: 8,
    limit: 20,
    samples: 3,
    seed: 7,
    backend: 'wasm',
    json: true,
  });
});

it('tells of every option', () => {
  expect(readScoreOptions(['--help'])).toBe('help');
  for (const name of [...Object.keys(readScoreOptions(NEEDED)), 'help']) {
    expect(SCORE_HELP).toContain(`\n  --${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} `);
  }
});

it.each([
  ['no documents', ['--model', 'm', '--block-size', '1'], 'Name a file of documents with --jsonl.'],
  ['no block size', NEEDED.slice(0, 4), 'Give a block size with --block-size.'],
  ['a number that is none', [...NEEDED, '--samples', 'many'], '--samples must be a number, not "many".'],
  ['no documents at all', [...NEEDED, '--limit', '0'], '--limit must be a whole number from 1 to 4294967295, not 0.'],
  ['half a sample', [...NEEDED, '--samples', '1.5'], '--samples must be a whole number from 1 to 4294967295, not 1.5.'],
  ['a seed below 0', [...NEEDED, '--seed=-1'], '--seed must be a whole number from 0 to 4294967295, not -1.'],
  ['an empty number', [...NEEDED, '--seed', ''], '--seed must be a number, not "".'],
  ['another backend', [...NEEDED, '--backend', 'cuda'], '--backend must be webgpu or wasm, not "cuda".'],
  ['an unknown option', [...NEEDED, '--best'], "Unknown option '--best'"],
  ['a stray word', [...NEEDED, 'upon'], "Unexpected argument 'upon'"],
])('refuses %s', (_, args, message) => {
  expect(() => readScoreOptions(args)).toThrowError(
    expect.objectContaining({ name: UsageError.name, message: expect.stringContaining(message) }),
  );
});
