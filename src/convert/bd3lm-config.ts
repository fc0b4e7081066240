import type { Checkpoint } from '../checkpoint/checkpoint';
import type { JsonObject } from '../checkpoint/json-files';
import { specialIds, type TokenizerSource } from '../checkpoint/tokenizer-source';
import { UnmaskError } from '../errors';
import { type ModelConfig, parseModelConfig } from '../network/model-config';

/** What the authors' code has as constants (`models/hf` of github.com/kuleshov-group/bd3lms). */
const ROPE_BASE = 10_000;
const NORM_EPSILON = 1e-5;
const MLP_RATIO = 4;

/** The config of a BD3-LM checkpoint with this tokenizer as our model folder has it. Throws `bad-model` naming the field. */
export function bd3lmModelConfig({ config, tensors }: Checkpoint, tokenizer: TokenizerSource | null): ModelConfig {
  if (config.model_type !== 'bd3lm') fail(`model_type is ${JSON.stringify(config.model_type)}`, '"bd3lm"');
  // A causal network sees only what is before a token: it is no diffusion model.
  if (config.causal === true) fail('causal is true', 'false');
  // The noise level would be an input of every layer, and no constant to fold into the weights.
  if (config.time_conditioning === true) fail('time_conditioning is true', 'false');
  const hiddenSize = countIn(config, 'hidden_dim');
  const vocabSize = countIn(config, 'vocab_size');
  const blockSize = countIn(config, 'block_size');
  const found = {
    architecture: 'bd3lm',
    vocabSize,
    hiddenSize,
    mlpSize: tensors.get('backbone.blocks.0.mlp.0.weight')?.shape[0] ?? MLP_RATIO * hiddenSize,
    layers: countIn(config, 'n_blocks'),
    heads: countIn(config, 'n_heads'),
    contextLength: countIn(config, 'model_length'),
    ropeBase: ROPE_BASE,
    normEpsilon: NORM_EPSILON,
    maskId: vocabSize - 1,
    ...specialIds(tokenizer, vocabSize),
    blockSizes: config.block_sizes ?? [blockSize],
    defaultBlockSize: blockSize,
  };
  // In this order, so that a model's config.json, and with it the model's digest, stays the same.
  return { ...found, ...parseModelConfig(found) };
}

/** The size of the adaLN input, or null for a checkpoint without adaLN. Throws `bad-model`. */
export function bd3lmConditionSize({ config }: Checkpoint): number | null {
  return config.adaln === false ? null : countIn(config, 'cond_dim');
}

function countIn(config: JsonObject, field: string): number {
  const value = config[field];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  return fail(`${field} is ${JSON.stringify(value)}`, 'a positive whole number');
}

function fail(what: string, expected: string): never {
  throw new UnmaskError('bad-model', `config.json: ${what}, and only ${expected} can be exported.`);
}
