import type { CheckpointFacts } from './family';
import type { ConfigFields } from './fields';
import type { LlamaVariant } from './llama-shaped';

/** Repositories that have the tokenizer of all models of a kind. */
export const QWEN_TOKENIZERS = { qwen2: 'Qwen/Qwen2.5-0.5B-Instruct', qwen3: 'Qwen/Qwen3-0.6B' } as const;

/** Qwen2 has biases of q, k and v; Qwen3 has a norm over each head of q and k instead, and biases where it says so. */
export function qwenVariant(
  fields: ConfigFields,
  base: 'qwen2' | 'qwen3',
): Omit<LlamaVariant, 'cleanAttention' | 'predicts'> {
  if (base === 'qwen2') {
    return { qkvBias: true, outBias: false, mlpBias: false, headNorm: false, usual: { kvHeads: 32 } };
  }
  const bias = fields.flag('attention_bias', false);
  return { qkvBias: bias, outBias: bias, mlpBias: false, headNorm: true, usual: { kvHeads: 32, headSize: 128 } };
}

/** The mask id: the config's, else the tokenizer's mask token, else the family's. Throws `bad-model` for none below `vocabSize`. */
export function maskIdOf(
  fields: ConfigFields,
  { maskId }: CheckpointFacts,
  vocabSize: number,
  familys: number,
): number {
  const found = fields.id('mask_token_id', vocabSize) ?? maskId ?? familys;
  if (found >= vocabSize) fields.refuse('mask_token_id', `an id below ${vocabSize}`);
  return found;
}
