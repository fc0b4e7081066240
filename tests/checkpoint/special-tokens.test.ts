import { describe, expect, it } from 'vitest';
import { specialIds } from '../../src/checkpoint/special-tokens';
import type { TokenizerSource } from '../../src/checkpoint/tokenizer-source';
import type { JsonObject } from '../../src/network/fields';

function tokenizer(json: Record<string, JsonObject>): TokenizerSource {
  const bytes = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  return {
    files: new Map(Object.entries(json).map(([path, value]) => [path, bytes(value)])),
    json: new Map(Object.entries(json)),
  };
}

const TOKENS = {
  model: { vocab: { a: 0, b: 1 } },
  added_tokens: [
    { id: 2, content: '<s>' },
    { id: 3, content: '<|MASK|>' },
    { id: 4, content: '</s>' },
  ],
};

describe('the mask token', () => {
  it.each<[what: string, json: Record<string, JsonObject>, maskId: number | null]>([
    ['of tokenizer_config.json', { 'tokenizer.json': TOKENS, 'tokenizer_config.json': { mask_token: 'b' } }, 1],
    ['as an object', { 'tokenizer.json': TOKENS, 'special_tokens_map.json': { mask_token: { content: 'a' } } }, 0],
    ['by its usual text', { 'tokenizer.json': TOKENS }, 3],
    ['said to be none', { 'tokenizer.json': TOKENS, 'tokenizer_config.json': { mask_token: null } }, 3],
    ['of added_tokens.json alone', { 'added_tokens.json': { '<|mask|>': 9 } }, 9],
    [
      'of added_tokens_decoder alone',
      { 'tokenizer_config.json': { added_tokens_decoder: { 7: { content: '|<MASK>|' } } } },
      7,
    ],
    ['where there is none', { 'tokenizer.json': { model: { vocab: {} } } }, null],
    ['without any file', {}, null],
  ])('%s', (_, json, maskId) => {
    expect(specialIds(tokenizer(json), 10, null).maskId).toBe(maskId);
  });
});

describe('BOS before a text', () => {
  const template = (id: string, ids: number[]) => ({
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    special_tokens: { [id]: { id, ids, tokens: [id] } },
  });
  it.each<[what: string, json: Record<string, JsonObject>, addsBos: boolean]>([
    ['by the config', { 'tokenizer_config.json': { bos_token: '<s>', add_bos_token: true } }, true],
    ['not by the config', { 'tokenizer_config.json': { bos_token: '<s>', add_bos_token: false } }, false],
    ['without a BOS', { 'tokenizer_config.json': { bos_token: null, add_bos_token: true } }, false],
    [
      'by the post-processor',
      {
        'tokenizer.json': { ...TOKENS, post_processor: template('<s>', [2]) },
        'tokenizer_config.json': { bos_token: '<s>' },
      },
      true,
    ],
    [
      'by one post-processor of several',
      {
        'tokenizer.json': {
          ...TOKENS,
          post_processor: { type: 'Sequence', processors: [{ type: 'ByteLevel' }, template('<s>', [2])] },
        },
        'tokenizer_config.json': { bos_token: '<s>' },
      },
      true,
    ],
    [
      'of another token',
      {
        'tokenizer.json': { ...TOKENS, post_processor: template('a', [0]) },
        'tokenizer_config.json': { bos_token: '<s>' },
      },
      false,
    ],
  ])('%s', (_, json, addsBos) => {
    expect(specialIds(tokenizer({ 'tokenizer.json': TOKENS, ...json }), 10, null).addsBos).toBe(addsBos);
  });
});

it('ids that the model has not are refused by the file that has them', () => {
  for (const json of [
    { 'added_tokens.json': { '<|mask|>': 10 } },
    { 'tokenizer_config.json': { added_tokens_decoder: { 10: { content: 'x' } } } },
  ]) {
    expect(() => specialIds(tokenizer(json), 10, null)).toThrowError(
      expect.objectContaining({
        code: 'bad-model',
        message: expect.stringContaining(`${Object.keys(json)[0]} has ids up to 10, and the model's vocab_size is 10.`),
      }),
    );
  }
});

it('a token whose id no file has is refused', () => {
  expect(() => specialIds(tokenizer({ 'tokenizer_config.json': { eos_token: '</s>' } }), 10, null)).toThrowError(
    'No file has the id of </s>, which tokenizer_config.json names.',
  );
});
