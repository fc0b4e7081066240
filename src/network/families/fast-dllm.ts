import type { Family } from '../family';
import { LLAMA_FAMILY, llamaModel } from '../llama-shaped';
import { DEFAULT_DECODING } from '../model-config';
import { maskIdOf, QWEN_TOKENIZERS, qwenVariant } from '../qwen-shaped';
import { ownStopIdsOf } from '../stop-ids';

/** `|<MASK>|` */
const MASK_ID = 151_665;
const BLOCK_SIZE = 32;
const SUB_BLOCK_SIZE = 8;

/**
 * Fast-dLLM v2 (`Efficient-Large-Model/Fast_dLLM_v2_1.5B`): Qwen2.5 with full attention within a block, clean or
 * noised; row i predicts token i + 1, so a block's first token comes from the clean pass before it. Sub-blocks are
 * revealed from left to right; a pass commits all masks above a threshold, at least one.
 *
 * Source: the model file of the published checkpoints, `Fast_dLLM_QwenForCausalLM.generate`.
 */
export const fastDllm: Family = {
  modelTypes: ['Fast_dLLM_Qwen'],
  ...LLAMA_FAMILY,
  tokenizerRepositories: { Fast_dLLM_Qwen: QWEN_TOKENIZERS.qwen2 },

  describe(fields, facts) {
    const model = llamaModel('Fast_dLLM_Qwen', fields, facts, {
      ...qwenVariant(fields, 'qwen2'),
      cleanAttention: 'block',
      predicts: 'next',
    });
    const { vocabSize, contextLength } = model;
    const blockSize = fields.count('bd_size', contextLength, BLOCK_SIZE);
    return {
      ...model,
      maskId: maskIdOf(fields, facts, vocabSize, MASK_ID),
      // `generate` ends at EOS alone, not at what generation_config.json adds to it.
      stopIds: ownStopIdsOf(fields, facts, vocabSize),
      blockSizes: [blockSize],
      defaultBlockSize: blockSize,
      grid: 'start',
      decoding: {
        ...DEFAULT_DECODING,
        policy: 'threshold',
        threshold: 0.9,
        subBlockSize: Math.min(SUB_BLOCK_SIZE, blockSize),
      },
    };
  },
};
