import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { openModelFolder, openTokenizer } from '../../src/library/model-folder';
import { writeCheckpoint } from '../export/random-checkpoint';
import { END_OF_TEXT, writeTokenizer } from '../long/random-tokenizer';
import { TemporaryFolders } from '../temporary-folders';

const folders = new TemporaryFolders();
let checkpoint: string;
let tokenizer: string;
let model: string;
beforeEach(async () => {
  await folders.remove();
  [checkpoint, tokenizer, model] = [await folders.make(), await folders.make(), join(await folders.make(), 'model')];
  await writeCheckpoint(checkpoint);
});
afterAll(() => folders.remove());

const write = (folder: string, name: string, value: object) => writeFile(join(folder, name), JSON.stringify(value));
/** Ids 0 to 3, of which the last two were added. */
const TOKENIZER = {
  model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] },
  added_tokens: [
    { id: 2, content: '<|endoftext|>' },
    { id: 3, content: '<s>' },
  ],
};

async function idsOf(folder: string): Promise<readonly [bosId: number | null, ...stopIds: (number | null)[]]> {
  await exportCheckpoint(checkpoint, model, 'q8', { tokenizerFolder: folder });
  const { config } = await openModelFolder(model);
  return [config.bosId, ...(config.stopIds.length > 0 ? config.stopIds : [null])];
}

describe('BOS and EOS', () => {
  it.each<[what: string, config: object | null, map: object | null, ids: readonly (number | null)[]]>([
    ['of tokenizer_config.json', { bos_token: '<s>', eos_token: { content: 'b' } }, { bos_token: 'a' }, [3, 1]],
    [
      'of special_tokens_map.json',
      { model_max_length: 1024 },
      { bos_token: { content: '<s>' }, eos_token: 'a' },
      [3, 0],
    ],
    ['of both', { eos_token: 'b' }, { bos_token: '<s>', eos_token: 'a' }, [3, 1]],
    ['by the name of the published models’, as in GPT-2’s files', { model_max_length: 1024 }, null, [2, 2]],
    ['by that name without a config', null, null, [2, 2]],
    ['as lists', { bos_token: ['<s>'], eos_token: ['b', { content: '<s>' }, 'b'] }, null, [3, 1, 3]],
    ['as numbers', { bos_token: 3, eos_token: [2, 1] }, null, [3, 2, 1]],
    ['that the config says are none', { bos_token: null, eos_token: null }, { bos_token: '<s>' }, [null, null]],
  ])('%s', async (_, config, map, ids) => {
    await write(tokenizer, 'tokenizer.json', TOKENIZER);
    if (config) await write(tokenizer, 'tokenizer_config.json', config);
    if (map) await write(tokenizer, 'special_tokens_map.json', map);
    expect(await idsOf(tokenizer)).toEqual(ids);
  });

  it('are none where nothing names them', async () => {
    await write(tokenizer, 'tokenizer.json', { ...TOKENIZER, added_tokens: [] });
    expect(await idsOf(tokenizer)).toEqual([null, null]);
  });

  it('that the tokenizer lacks are refused with the file that names them', async () => {
    await write(tokenizer, 'tokenizer.json', TOKENIZER);
    await write(tokenizer, 'special_tokens_map.json', { eos_token: '</s>' });
    await expect(idsOf(tokenizer)).rejects.toMatchObject({
      code: 'bad-model',
      message: 'tokenizer.json lacks </s>, which special_tokens_map.json names.',
    });
  });
});

it.each<[what: string, config: object, message: RegExp]>([
  ['a list with a token that is none', { eos_token: ['b', 'nowhere'] }, /^tokenizer\.json lacks nowhere, which/],
  [
    'an id that the model has not',
    { eos_token: 37 },
    /^tokenizer_config\.json: eos_token is 37, and ids must be below 37/,
  ],
  [
    'a token that is none',
    { eos_token: { text: 'b' } },
    /^tokenizer_config\.json: eos_token is \{"text":"b"\}, which names/,
  ],
  ['true', { bos_token: true }, /^tokenizer_config\.json: bos_token is true, which names no token/],
  [
    'two beginnings',
    { bos_token: ['a', 'b'] },
    /^tokenizer_config\.json: bos_token names 2 tokens, and a model can have 1/,
  ],
])('%s is refused by name', async (_, config, message) => {
  await write(tokenizer, 'tokenizer.json', TOKENIZER);
  await write(tokenizer, 'tokenizer_config.json', config);
  await expect(idsOf(tokenizer)).rejects.toMatchObject({ code: 'bad-model', message: expect.stringMatching(message) });
});

it('the checkpoint’s own tokenizer is not replaced', async () => {
  await write(checkpoint, 'tokenizer.json', { ...TOKENIZER, added_tokens: [{ id: 3, content: '<|endoftext|>' }] });
  await write(tokenizer, 'tokenizer.json', TOKENIZER);
  expect(await idsOf(tokenizer)).toEqual([3, 3]);
});

it('stop ids of config.json and generation_config.json are used, or refused by name', async () => {
  await write(tokenizer, 'tokenizer.json', TOKENIZER);
  await writeCheckpoint(checkpoint, { eos_token_id: [1, 3] });
  await write(checkpoint, 'generation_config.json', { eos_token_id: [0, 1] });
  expect(await idsOf(tokenizer)).toEqual([2, 2, 0, 1, 3]);
  await write(checkpoint, 'generation_config.json', { eos_token_id: [0, 37] });
  await expect(idsOf(tokenizer)).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining('generation_config.json: eos_token_id must be an id below 37'),
  });
  await write(checkpoint, 'generation_config.json', {});
  await writeCheckpoint(checkpoint, { eos_token_id: [1, '3'] });
  await expect(idsOf(tokenizer)).rejects.toThrow('config.json: eos_token_id must be an id below 37');
});

it('what a checkpoint without one says of special tokens stays its own', async () => {
  await write(checkpoint, 'tokenizer_config.json', {
    eos_token: '<e>',
    added_tokens_decoder: { 5: { content: '<e>' } },
  });
  await write(tokenizer, 'tokenizer.json', TOKENIZER);
  await write(tokenizer, 'tokenizer_config.json', { bos_token: 'a', eos_token: 'b' });
  expect(await idsOf(tokenizer)).toEqual([2, 5]);
});

it('a folder without one is refused', async () => {
  await expect(idsOf(tokenizer)).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringMatching(/tokenizer\.json is missing\. Give --tokenizer a folder/),
  });
});

it.each<[what: string, change: object]>([
  ['in the vocabulary', { model: { vocab: { a: 0, b: 37 } } }],
  ['among the added tokens', { added_tokens: [{ id: 37, content: '<s>' }] }],
  ['in a list of tokens', { model: { vocab: Array.from({ length: 38 }, (_, id) => [`${id}`, 0]) } }],
])('an id that the model has not is refused, %s', async (_, change) => {
  await write(tokenizer, 'tokenizer.json', { ...TOKENIZER, ...change });
  await expect(idsOf(tokenizer)).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringContaining("tokenizer.json has ids up to 37, and the model's vocab_size is 37."),
  });
});

it('one of GPT-2’s shape turns text into ids and back', async () => {
  const small = { vocab_size: END_OF_TEXT + 2, hidden_dim: 4, n_heads: 2, n_blocks: 1 };
  await writeCheckpoint(checkpoint, small);
  await writeTokenizer(tokenizer);
  expect(await idsOf(tokenizer)).toEqual([END_OF_TEXT, END_OF_TEXT]);
  const { encode, decode } = (await openTokenizer(await openModelFolder(model)))!;
  const text = 'some words, größer — 風 🪁\n';
  expect(decode(encode(text))).toBe(text);
  expect(encode('abcd')).toHaveLength(1);
});
