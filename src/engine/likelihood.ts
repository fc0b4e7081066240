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
  const terms = new Float32Array(clean.length);
  backend.begin(blockSize);
  for (const [block, probability] of t.entries()) {
    const from = block * blockSize;
    const cleanBlock = clean.slice(from, from + blockSize);
    const noisedBlock = noised.slice(from, from + blockSize);
    const masked = noisedBlock.flatMap((id, row) => (id === backend.config.maskId ? [row] : []));
    const nats = await surprisals(backend, cleanBlock, noisedBlock, masked);
    for (const [index, row] of masked.entries()) terms[from + row] = nats[index]! / probability;
    await backend.commitBlock(cleanBlock);
  }
  return terms;
}

/**
 * −log p(clean id) in nats at `rows`, the mask never predicted: one pass over the noised block after what the
 * backend has committed. `clean` and `noised` are [block size], or the short last block of a text.
 *
 * Throws `bad-model` where that is not a number, and whatever the backend throws.
 */
export async function surprisals(
  backend: Backend,
  clean: readonly number[],
  noised: readonly number[],
  rows: readonly number[],
): Promise<number[]> {
  const { vocabSize, maskId } = backend.config;
  const logits = await backend.logits(noised);
  return rows.map((row) => {
    const nats = -logProbability(logits.subarray(row * vocabSize, (row + 1) * vocabSize), clean[row]!, maskId);
    if (Number.isFinite(nats)) return nats;
    throw new UnmaskError(
      'bad-model',
      'The network computed something that is not a number: the model is damaged. Export the model again.',
    );
  });
}

/** log softmax of one row of logits [vocab] at `id`, the mask's logit taken as −∞. */
function logProbability(logits: Float32Array, id: number, maskId: number): number {
  return logits[id]! - logTotal(logits, maskId);
}

/** log Σ exp of one row of logits [vocab], the mask's taken as −∞: a logit less this is its log probability. */
export function logTotal(logits: Float32Array, maskId: number): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (let other = 0; other < logits.length; other++) if (other !== maskId) peak = Math.max(peak, logits[other]!);
  let total = 0;
  for (let other = 0; other < logits.length; other++) if (other !== maskId) total += Math.exp(logits[other]! - peak);
  return peak + Math.log(total);
}
