import type { Family } from '../family';
import { LLAMA_FAMILY, llamaModel } from '../llama-shaped';
import { DEFAULT_DECODING } from '../model-config';
import { maskIdOf, QWEN_TOKENIZERS, qwenVariant } from '../qwen-shaped';

const MASK_ID = 151_669;
const BLOCK_SIZE = 4;

/** For a checkpoint that does not say its own: the sizes that SDAR was published with. */
const PUBLISHED_SIZES = [4, 8, 16, 32, 64];

/**
 * SDAR (`JetLM/SDAR-1.7B-Chat`, `-b8` to `-b64`): Qwen3 with full attention within a block; rows predict their own
 * token. Blocks begin at position 0, so what a prompt leaves over is given in the first block that is written. A
 * pass commits all masks above a threshold, at least one (`low_confidence_dynamic`).
 *
 * Source: github.com/JetAstra/SDAR, `modeling_sdar.py` and `generate.py`.
 */
export const sdar: Family = {
  modelTypes: ['sdar'],
  ...LLAMA_FAMILY,
  tokenizerRepositories: { sdar: QWEN_TOKENIZERS.qwen3 },

  describe(fields, facts) {
    const model = llamaModel('sdar', fields, facts, {
      ...qwenVariant(fields, 'qwen3'),
      cleanAttention: 'block',
      predicts: 'own',
    });
    const { vocabSize, contextLength } = model;
    const defaultBlockSize = fields.count('block_size', contextLength, BLOCK_SIZE);
    return {
      ...model,
      maskId: maskIdOf(fields, facts, vocabSize, MASK_ID),
      blockSizes: fields.has('block_size')
        ? [defaultBlockSize]
        : PUBLISHED_SIZES.filter((size) => size <= contextLength),
      defaultBlockSize,
      grid: 'start',
      decoding: { ...DEFAULT_DECODING, policy: 'threshold', threshold: 0.85 },
    };
  },
};
