import type { ScoredText } from '../../src/engine/nelbo';
import type { ModelConfig } from '../../src/network/model-config';
import { uncachedLogits, type Weights } from './uncached';

/** The NELBO of a text, and the variance of its estimate from one draw of noise a block. */
export interface ExactNelbo {
  readonly nats: number;
  readonly variance: number;
}

/**
 * The NELBO of a text by its definition, over every way to mask each block: first the number of masks,
 * uniform, then which. At block size 1 there is one way, and the variance is 0.
 */
export function exactNelbo(config: ModelConfig, weights: Weights, { ids, given, blockSize }: ScoredText): ExactNelbo {
  let [nats, variance] = [0, 0];
  for (let from = 0; from < ids.length; from += blockSize) {
    const clean = ids.slice(from, from + blockSize);
    const scored = clean.flatMap((_, row) => (from + row >= given ? [row] : []));
    // Where rows predict the next token, a block's first one comes exactly from the clean row before it.
    const isExact = config.network.predicts === 'next' && scored[0] === 0;
    const rows = isExact ? scored.slice(1) : scored;
    if (isExact) nats += exactFirst(config, weights, { ids: ids.slice(0, from + 1), given, blockSize });
    const ways = subsets(rows).filter(({ length }) => length > 0);
    let [mean, square] = [0, 0];
    for (const masked of ways) {
      const sameCount = ways.filter(({ length }) => length === masked.length).length;
      const chance = 1 / rows.length / sameCount;
      const noised = clean.map((id, row) => (masked.includes(row) ? config.maskId : id));
      const text = { ids: [...ids.slice(0, from), ...noised], blockSize, shortBlock: 0, noisedFrom: from };
      const logits = uncachedLogits(config, weights, text, noised.length);
      const surprisal = masked.reduce((sum, row) => sum - logProbability(config, logits, row, clean[row]!), 0);
      const draw = (surprisal * rows.length) / masked.length;
      mean += chance * draw;
      square += chance * draw ** 2;
    }
    nats += mean;
    variance += square - mean ** 2;
  }
  return { nats, variance };
}

/** −log p of the last id of a text that begins a block. */
function exactFirst(config: ModelConfig, weights: Weights, { ids, blockSize }: ScoredText): number {
  const text = { ids, blockSize, shortBlock: 0, noisedFrom: ids.length };
  return -logProbability(config, uncachedLogits(config, weights, text, 1), 0, ids.at(-1)!);
}

function subsets(rows: readonly number[]): number[][] {
  if (rows.length === 0) return [[]];
  const others = subsets(rows.slice(1));
  return [...others, ...others.map((subset) => [rows[0]!, ...subset])];
}

/** log softmax over all ids but the mask. */
function logProbability({ vocabSize, maskId }: ModelConfig, logits: Float32Array, row: number, id: number): number {
  const scores = [...logits.subarray(row * vocabSize, (row + 1) * vocabSize)];
  const total = scores.reduce((sum, score, other) => (other === maskId ? sum : sum + Math.exp(score)), 0);
  return scores[id]! - Math.log(total);
}
