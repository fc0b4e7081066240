import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeModel, FACTS_FIELD, parseModelConfig } from '../../src/network/families';
import type { JsonObject } from '../../src/network/fields';
import { NO_FACTS } from '../engine/small-model';
import { CONFIG as BD3LM } from '../model/small-folder';

const fixture = (name: string): JsonObject => ({
  ...JSON.parse(readFileSync(`tests/fixtures/${name}-tiny/config.json`, 'utf8')),
  [FACTS_FIELD]: NO_FACTS,
});

it('takes a config of BD3-LM, with and without a tokenizer', () => {
  expect(parseModelConfig(BD3LM)).toMatchObject({
    vocabSize: 98,
    contextLength: 16,
    maskId: 97,
    bosId: 0,
    stopIds: [0],
    blockSizes: [1, 4],
    defaultBlockSize: 4,
  });
  const withoutText = { ...BD3LM, [FACTS_FIELD]: { ...NO_FACTS, mlpSize: 8 } };
  expect(parseModelConfig(withoutText)).toMatchObject({ bosId: null, stopIds: [] });
});

it.each([null, undefined, 'text', 5, []])('refuses %s', (value) => {
  expect(() => parseModelConfig(value)).toThrowError('config.json must be a JSON object.');
});

it('says what a folder without the checkpoint’s facts lacks', () => {
  const { [FACTS_FIELD]: _, ...published } = BD3LM;
  expect(() => parseModelConfig(published)).toThrowError(
    'config.json: unmask must be an object: export the model again',
  );
});

const NO_COUNTS = [undefined, null, 0, -1, 1.5, '8', Number.NaN, 2 ** 53];

function expectRefused(config: JsonObject, field: string, values: readonly unknown[]): void {
  for (const value of values) {
    expect(() => parseModelConfig({ ...config, [field]: value }), `${field} ${value}`).toThrowError(
      expect.objectContaining({ code: 'bad-model', message: expect.stringContaining(`config.json: ${field} `) }),
    );
  }
}

describe('a wrong field is refused by name', () => {
  it.each<[field: string, values: readonly unknown[]]>([
    ['model_type', [undefined, 'gpt2', 5]],
    ['vocab_size', NO_COUNTS],
    // 2 heads take it in pairs of numbers.
    ['hidden_dim', [...NO_COUNTS, 6, 9]],
    ['n_blocks', NO_COUNTS],
    ['n_heads', NO_COUNTS],
    ['model_length', NO_COUNTS],
    ['block_size', [...NO_COUNTS, 2]],
    ['block_sizes', [4, [], [0, 4], [4, 17], [4, '8'], [1.5, 4], [4, 1], [4, 4]]],
    ['causal', [true]],
    ['time_conditioning', [true]],
  ])('of BD3-LM: %s', (field, values) => expectRefused(BD3LM, field, values));

  it.each<[field: string, values: readonly unknown[]]>([
    ['vocab_size', NO_COUNTS],
    ['hidden_size', NO_COUNTS],
    ['intermediate_size', NO_COUNTS],
    ['num_hidden_layers', NO_COUNTS],
    ['num_attention_heads', NO_COUNTS],
    ['num_key_value_heads', [4, 5, 7]],
    ['hidden_act', ['gelu', 'relu', 5]],
    ['rope_scaling', [{ factor: 2 }, 'x', 5]],
    ['use_sliding_window', [true]],
    ['num_experts', [8]],
    ['quantization_config', [{ bits: 4 }]],
    ['layer_types', [['sliding_attention']]],
    ['rope_theta', [0, -1, '1', Number.POSITIVE_INFINITY]],
    ['rms_norm_eps', [0, -1, '1', 2]],
  ])('of transformers: %s', (field, values) => {
    for (const name of ['llama', 'qwen2', 'qwen3', 'a2d-qwen3', 'sdar', 'Fast_dLLM_Qwen']) {
      // Each has a number of heads of its own.
      const config: JsonObject = { ...fixture(name), num_attention_heads: 6, num_key_value_heads: 2, head_dim: 16 };
      expectRefused({ ...config, hidden_size: 96 }, field, values);
    }
  });
});

it('what a person may have trained is a Llama with block diffusion', () => {
  const diffusion = { mask_token_id: 5, block_sizes: [1, 4], block_size: 4, predicts: 'own', clean_attention: 'block' };
  const described = (change: object) =>
    describeModel({ ...fixture('llama'), block_diffusion: { ...diffusion, ...change } }, NO_FACTS);
  const model = described({});
  expect(model).toMatchObject({
    maskId: 5,
    blockSizes: [1, 4],
    defaultBlockSize: 4,
    network: { predicts: 'own', cleanAttention: 'block' },
    decoding: { presencePenalty: 0 },
  });
  expect(described({ presence_penalty: 1.5 })).toMatchObject({ decoding: { presencePenalty: 1.5 } });
  for (const presence_penalty of [-1, 2.5, '1']) {
    expect(() => described({ presence_penalty })).toThrow(
      'config.json: block_diffusion.presence_penalty must be a number from 0 to 2',
    );
  }
});
