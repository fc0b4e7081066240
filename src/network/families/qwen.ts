import type { Family } from '../family';
import { contextsOf, LLAMA_FAMILY, llamaShaped, llamaSources } from '../llama-shaped';
import { autoregressive } from '../model-config';
import { qwenVariant } from '../qwen-shaped';
import { stopIdsOf } from '../stop-ids';

/**
 * Plain Qwen2 (Qwen2.5 is one) and Qwen3, which write at block size 1: autoregression to compare with.
 *
 * Source: transformers, models/qwen2 and models/qwen3.
 */
export const qwen: Family = {
  modelTypes: ['qwen2', 'qwen3'],
  ...LLAMA_FAMILY,
  sources: ({ network }) => llamaSources(network),

  describe(fields, facts) {
    const modelType = fields.choice('model_type', ['qwen2', 'qwen3']);
    const network = llamaShaped(fields, facts, {
      ...qwenVariant(fields, modelType),
      cleanAttention: 'causal',
      predicts: 'next',
    });
    const vocabSize = network.embedding.rows;
    return {
      modelType,
      network,
      vocabSize,
      chatVariables: {},
      ...contextsOf(fields),
      bosId: facts.addsBos ? facts.bosId : null,
      stopIds: stopIdsOf(fields, facts, vocabSize),
      ...autoregressive(vocabSize),
    };
  },
};
