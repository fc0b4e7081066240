import type { Family } from '../family';
import { LLAMA_FAMILY, llamaModel } from '../llama-shaped';
import { autoregressive } from '../model-config';
import { QWEN_TOKENIZERS, qwenVariant } from '../qwen-shaped';

/**
 * Plain Qwen2 (Qwen2.5 is one) and Qwen3, which write at block size 1: autoregression to compare with.
 *
 * Source: transformers, models/qwen2 and models/qwen3.
 */
export const qwen: Family = {
  modelTypes: ['qwen2', 'qwen3'],
  ...LLAMA_FAMILY,
  tokenizerRepositories: QWEN_TOKENIZERS,

  describe(fields, facts) {
    const modelType = fields.choice('model_type', ['qwen2', 'qwen3']);
    const model = llamaModel(modelType, fields, facts, {
      ...qwenVariant(fields, modelType),
      cleanAttention: 'causal',
      predicts: 'next',
    });
    return {
      ...model,
      ...autoregressive(model.vocabSize),
    };
  },
};
