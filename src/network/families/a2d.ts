import type { Family } from '../family';
import { LLAMA_FAMILY, llamaModel } from '../llama-shaped';
import { DEFAULT_DECODING } from '../model-config';
import { maskIdOf, QWEN_TOKENIZERS, qwenVariant } from '../qwen-shaped';
import { ownStopIdsOf } from '../stop-ids';

/** `<|mask|>`, which dllm adds to the tokenizer of the base model. */
const MASK_ID = { qwen2: 151_665, qwen3: 151_669 } as const;

/** The block size is a setting of dllm's sampler, by default 32, and stands in no config. */
const BLOCK_SIZES = [1, 2, 4, 8, 16, 32, 64];

/**
 * Autoregressive models that dllm turned into block diffusion models: `dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1`,
 * the students of TIDE-dllm and the Qwen2.5-Coder models. Attention is full within a block, clean or noised; rows
 * predict their own token; the blocks end with the prompt, whose first block may be short. Each pass commits an
 * even share of the masks.
 *
 * Source: github.com/ZHZisZZ/dllm, `A2DQwen3LMHeadModel` and `BD3LMSampler`.
 */
export const a2d: Family = {
  modelTypes: ['a2d-qwen3', 'a2d-qwen2'],
  ...LLAMA_FAMILY,
  tokenizerRepositories: { 'a2d-qwen3': QWEN_TOKENIZERS.qwen3, 'a2d-qwen2': QWEN_TOKENIZERS.qwen2 },

  describe(fields, facts) {
    const modelType = fields.choice('model_type', ['a2d-qwen3', 'a2d-qwen2']);
    const base = modelType === 'a2d-qwen3' ? 'qwen3' : 'qwen2';
    const model = llamaModel(modelType, fields, facts, {
      ...qwenVariant(fields, base),
      cleanAttention: 'block',
      predicts: 'own',
    });
    const { vocabSize, contextLength } = model;
    const blockSizes = BLOCK_SIZES.filter((size) => size <= contextLength);
    return {
      ...model,
      // An empty block of thought, which the models were trained on.
      chatVariables: base === 'qwen3' ? { enable_thinking: false } : {},
      maskId: maskIdOf(fields, facts, vocabSize, MASK_ID[base]),
      // The sampler ends at EOS alone, not at what generation_config.json adds to it.
      stopIds: ownStopIdsOf(fields, facts, vocabSize),
      blockSizes,
      defaultBlockSize: Math.min(32, blockSizes.at(-1)!),
      grid: 'prompt',
      decoding: DEFAULT_DECODING,
    };
  },
};
