import { expect, it } from 'vitest';
import { UsageError } from '../../src/cli/command';
import { GENERATE_HELP, readGenerateOptions } from '../../src/cli/generate-options';

const NEEDED = ['--model', 'folder', '--prompt', 'Once'];

it('knows its defaults', () => {
  expect(readGenerateOptions(NEEDED)).toEqual({
    model: 'folder',
    prompt: { text: 'Once' },
    blockSize: undefined,
    maxTokens: 128,
    finishSentence: false,
    chat: false,
    policy: undefined,
    steps: undefined,
    threshold: undefined,
    entropyBound: 0.5,
    subBlockSize: undefined,
    temperature: 0.8,
    topP: 0.95,
    seed: undefined,
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
    prompt: { text: 'Hello' },
    chat: true,
    blockSize: 8,
    maxTokens: 20,
    finishSentence: true,
    policy: 'threshold',
    steps: 4,
    threshold: 0.5,
    entropyBound: 0.2,
    subBlockSize: 4,
    temperature: 0,
    topP: 1,
    seed: 7,
    context: 256,
    backend: 'wasm',
    json: true,
  });
});

it('tells of every option', () => {
  expect(readGenerateOptions(['--help'])).toBe('help');
  const options = Object.keys(readGenerateOptions(NEEDED)).filter((name) => name !== 'prompt');
  for (const name of [...options, 'promptIds', 'prompt', 'help']) {
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
  ['no model', ['--prompt', 'x'], 'Name a model folder with --model.'],
  ['no prompt', ['--model', 'm'], 'Give the prompt with either --prompt or --prompt-ids.'],
  ['two prompts', [...NEEDED, '--prompt-ids', '1'], 'Give the prompt with either --prompt or --prompt-ids.'],
  ['a hole in the ids', ['--model', 'm', '--prompt-ids', '1,,2'], 'with commas between them, not "1,,2"'],
  ['an id that is none', ['--model', 'm', '--prompt-ids', '1,-2'], 'not "-2"'],
  ['a number that is none', [...NEEDED, '--steps', 'many'], '--steps must be a number, not "many".'],
  ['an empty number', [...NEEDED, '--seed', ' '], '--seed must be a number, not " ".'],
  ['another backend', [...NEEDED, '--backend', 'cuda'], '--backend must be webgpu or wasm, not "cuda".'],
  ['another policy', [...NEEDED, '--policy', 'best'], 'ancestral, confidence, threshold, entropy, not "best".'],
  ['an unknown option', [...NEEDED, '--best'], "Unknown option '--best'."],
  ['an option without its value', ['--prompt', 'x', '--model'], "'--model <value>' argument missing."],
  ['a stray word', [...NEEDED, 'upon'], "Unexpected argument 'upon'."],
])('refuses %s', (_, args, message) => {
  expect(() => readGenerateOptions(args)).toThrowError(
    expect.objectContaining({ name: UsageError.name, message: expect.stringContaining(message) }),
  );
});

it('takes a negative number for one, whatever it is worth', () => {
  expect(readGenerateOptions([...NEEDED, '--max-tokens', '-5', '--seed', '-.5', '--top-p=-1'])).toMatchObject({
    maxTokens: -5,
    seed: -0.5,
    topP: -1,
  });
  expect(() => readGenerateOptions([...NEEDED, '--json', '-5'])).toThrowError(UsageError);
});

it('a conversation needs words, not ids', () => {
  expect(() => readGenerateOptions(['--model', 'm', '--prompt-ids', '1', '--chat'])).toThrowError(UsageError);
});
