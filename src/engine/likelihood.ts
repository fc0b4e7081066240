import type { Backend } from '../backends/backend';
import { UnmaskError } from '../errors';

/** A clean text of whole blocks, and the same text with masks in it. */
export interface NoisedText {
  readonly blockSize: number;
  /** [length] */
  readonly clean: readonly number[];
  /** [length]: `clean`, or the mask's id. */
  readonly noised: readonly number[];
  /** [length / blockSize]: the probability with which each block's tokens were masked, above 0. */
  readonly t: readonly number[];
}

/**
 * The terms of the negative evidence lower bound under a log-linear schedule, in nats: −log p(clean id) / t
 * at masked positions and 0 elsewhere, each noised block seen after the clean blocks before it, and the
 * mask never predicted. Their sum bounds −log p(text), in expectation over the noise. Returns [length].
 *
 * Starts a new sequence on the backend, and takes two passes a block. Throws `bad-input` for texts that
 * do not belong together.
 */
export async function nelboTerms(backend: Backend, { blockSize, clean, noised, t }: NoisedText): Promise<Float32Array> {
  if (noised.length !== clean.length || t.length * blockSize !== clean.length) {
    throw new UnmaskError('bad-input', 'The clean text, the noised text and the noise levels differ in length.');
  }
  const { vocabSize, maskId } = backend.config;
  const terms = new Float32Array(clean.length);
  backend.begin(blockSize);
  for (const [block, probability] of t.entries()) {
    const from = block * blockSize;
    const logits = await backend.logits(noised.slice(from, from + blockSize));
    for (let row = 0; row < blockSize; row++) {
      if (noised[from + row] !== maskId) continue;
      const rowLogits = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
      terms[from + row] = -logProbability(rowLogits, clean[from + row]!, maskId) / probability;
    }
    await backend.commitBlock(clean.slice(from, from + blockSize));
  }
  return terms;
}

/** log softmax of one row of logits [vocab] at `id`, the mask's logit taken as −∞. */
function logProbability(logits: Float32Array, id: number, maskId: number): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (const [other, logit] of logits.entries()) if (other !== maskId) peak = Math.max(peak, logit);
  let total = 0;
  for (const [other, logit] of logits.entries()) if (other !== maskId) total += Math.exp(logit - peak);
  return logits[id]! - peak - Math.log(total);
}
