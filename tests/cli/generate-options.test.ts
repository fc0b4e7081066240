import { expect, it } from 'vitest';
import { UsageError } from '../../src/cli/command';
import { GENERATE_HELP, readGenerateOptions } from '../../src/cli/generate-options';

const NEEDED = ['--model', 'folder', '--prompt', 'Once'];

it('leaves what is not asked for to the model', () => {
  expect(readGenerateOptions(NEEDED)).toEqual({
    model: 'folder',
    prompt: 'Once',
    chat: false,
    settings: { ending: 'length' },
    context: undefined,
    backend: 'auto',
    json: false,
  });
});

it('takes every option', () => {
  const line =
    '--model m --prompt Hello --chat --block-size 8 --max-tokens 20 --finish-sentence --policy threshold --steps 4 --threshold 0.5 ' +
    '--entropy-bound 0.2 --sub-block-size 4 --temperature 0 --top-p 1 --seed 7 --context 256 --backend wasm --json';
  expect(readGenerateOptions(line.split(' '))).toEqual({
    model: 'm',
    prompt: 'Hello',
    chat: true,
    settings: {
      blockSize: 8,
      maxTokens: 20,
      ending: 'sentence',
      policy: 'threshold',
      steps: 4,
      threshold: 0.5,
      entropyBound: 0.2,
      subBlockSize: 4,
      temperature: 0,
      topP: 1,
      seed: 7,
    },
    context: 256,
    backend: 'wasm',
    json: true,
  });
});

it('takes the prompt as a word of its own, and the stories model where none is named', () => {
  expect(readGenerateOptions(['Once upon a time', '--seed', '3'])).toMatchObject({
    model: undefined,
    prompt: 'Once upon a time',
    settings: { seed: 3 },
  });
});

it('tells of every option', () => {
  expect(readGenerateOptions(['--help'])).toBe('help');
  const options = readGenerateOptions(NEEDED);
  const { ending: _, ...settings } = options === 'help' ? {} : options.settings;
  const others = ['model', 'chat', 'context', 'backend', 'json', 'promptIds', 'finishSentence', 'help'];
  for (const name of [...Object.keys(settings), ...others]) {
    expect(GENERATE_HELP).toContain(`\n  --${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} `);
  }
});

it.each([
  ['', {}],
  [' 4 , 5', { ids: [4, 5] }],
  ['0', { ids: [0] }],
])('reads the ids "%s"', (list, expected) => {
  const { prompt } = readGenerateOptions(['--model', 'm', '--prompt-ids', list]) as { prompt: object };
  expect(prompt).toEqual({ ids: [], ...expected });
});

it.each([
  ['no prompt', ['--model', 'm'], 'Give a prompt, in words or with --prompt-ids.'],
  ['two prompts', [...NEEDED, '--prompt-ids', '1'], 'Give a prompt, in words or with --prompt-ids.'],
  ['a hole in the ids', ['--model', 'm', '--prompt-ids', '1,,2'], 'with commas between them, not "1,,2"'],
  ['an id that is none', ['--model', 'm', '--prompt-ids', '1,-2'], 'not "-2"'],
  ['a number that is none', [...NEEDED, '--steps', 'many'], '--steps must be a number, not "many".'],
  ['an empty number', [...NEEDED, '--seed', ' '], '--seed must be a number, not " ".'],
  ['another backend', [...NEEDED, '--backend', 'cuda'], '--backend must be webgpu or wasm, not "cuda".'],
  [
    'another policy',
    [...NEEDED, '--policy', 'best'],
    'ancestral, confidence, threshold, entropy, speculative, not "best".',
  ],
  ['an unknown option', [...NEEDED, '--best'], "Unknown option '--best'."],
  ['an option without its value', ['--prompt', 'x', '--model'], "'--model <value>' argument missing."],
  ['a prompt twice', [...NEEDED, 'upon'], 'Give the prompt once.'],
  ['a prompt without quotes', ['Once', 'upon'], 'Put the prompt in quotes: "upon" stands alone.'],
])('refuses %s', (_, args, message) => {
  expect(() => readGenerateOptions(args)).toThrowError(
    expect.objectContaining({ name: UsageError.name, message: expect.stringContaining(message) }),
  );
});

it('takes a negative number for one, whatever it is worth', () => {
  expect(readGenerateOptions([...NEEDED, '--max-tokens', '-5', '--seed', '-.5', '--top-p=-1'])).toMatchObject({
    settings: { maxTokens: -5, seed: -0.5, topP: -1 },
  });
  expect(() => readGenerateOptions([...NEEDED, '--json', '-5'])).toThrowError(UsageError);
});

it('a conversation needs words, not ids', () => {
  expect(() => readGenerateOptions(['--model', 'm', '--prompt-ids', '1', '--chat'])).toThrowError(UsageError);
});
