import type { CheckpointFacts, Family } from '../family';
import { type ConfigFields, LARGEST } from '../fields';
import { LLAMA_FAMILY, llamaModel } from '../llama-shaped';
import type { ModelConfig } from '../model-config';
import { autoregressive, DEFAULT_DECODING } from '../model-config';

/** Of what "presence_penalty" may be in OpenAI's API. */
const LARGEST_PENALTY = 2;

/**
 * Llama (SmolLM2 is one). With an object `block_diffusion` in its config.json it is a block diffusion model adapted
 * from such a one: `mask_token_id`, `block_sizes`, `block_size` (the one to write with), `predicts` ("own" or
 * "next"), `clean_attention` ("block" or "causal") and `presence_penalty`. Without, it is autoregressive and writes at
 * block size 1.
 *
 * Source: transformers, models/llama; the object is ours (training/README.md).
 */
export const llama: Family = {
  modelTypes: ['llama'],
  ...LLAMA_FAMILY,

  describe(fields, facts): ModelConfig {
    const diffusion = fields.object('block_diffusion');
    diffusion?.onlyFields([
      'mask_token_id',
      'block_sizes',
      'block_size',
      'predicts',
      'clean_attention',
      'presence_penalty',
    ]);
    fields.only('sliding_window', []);
    const attentionBias = fields.flag('attention_bias', false);
    const model = llamaModel('llama', fields, facts, {
      qkvBias: attentionBias,
      outBias: attentionBias,
      mlpBias: fields.flag('mlp_bias', false),
      headNorm: false,
      cleanAttention: diffusion?.choice('clean_attention', ['block', 'causal'], 'causal') ?? 'causal',
      predicts: diffusion?.choice('predicts', ['own', 'next'], 'next') ?? 'next',
    });
    return diffusion
      ? { ...model, ...blockDiffusion(diffusion, facts, model) }
      : { ...model, ...autoregressive(model.vocabSize) };
  },
};

function blockDiffusion(
  fields: ConfigFields,
  facts: CheckpointFacts,
  { vocabSize, longestContext }: Pick<ModelConfig, 'vocabSize' | 'longestContext'>,
) {
  const defaultBlockSize = fields.count('block_size', Math.min(LARGEST.context, longestContext));
  const blockSizes = fields.blockSizes('block_sizes', longestContext, [defaultBlockSize]);
  if (!blockSizes.includes(defaultBlockSize)) fields.refuse('block_size', 'one of block_sizes');
  const maskId = fields.id('mask_token_id', vocabSize) ?? facts.maskId;
  if (maskId === null) fields.refuse('mask_token_id', `an id below ${vocabSize}, as the tokenizer names no mask token`);
  const decoding = { ...DEFAULT_DECODING, presencePenalty: fields.number('presence_penalty', 0, LARGEST_PENALTY, 0) };
  return { maskId, blockSizes, defaultBlockSize, grid: 'start' as const, decoding };
}
