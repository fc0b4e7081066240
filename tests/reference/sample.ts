import type { Draw } from '../../src/backends/backend';
import { STREAM, uniform } from '../../src/backends/random';

export interface SampleCase {
  readonly maskId: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly pass: number;
  /** Absolute, of the token to draw. */
  readonly position: number;
}

/** Logits with the mask's at −∞. */
function unmasked(logits: Float32Array, maskId: number): number[] {
  return [...logits].map((logit, id) => (id === maskId ? Number.NEGATIVE_INFINITY : logit));
}

function softmax(logits: readonly number[], temperature: number): number[] {
  const peak = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp((logit - peak) / temperature));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}

/** The ids of the nucleus: by falling probability, lower ids first, while they add up to at most topP; at least one. */
export function nucleus(probabilities: readonly number[], topP: number): Set<number> {
  const ids = probabilities.map((_, id) => id).filter((id) => probabilities[id]! > 0);
  if (topP >= 1) return new Set(ids);
  ids.sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  let sum = 0;
  const kept = ids.filter((id) => {
    sum += probabilities[id]!;
    return sum <= topP;
  });
  return new Set([ids[0]!, ...kept]);
}

/** −Σ p · log p, in nats; what has no probability adds nothing. */
export function entropyOf(probabilities: readonly number[]): number {
  const terms = probabilities.map((p) => (p > 0 ? -p * Math.log(p) : 0));
  return terms.reduce((a, b) => a + b);
}

/**
 * One draw from one row of logits [vocab], and the likeliest id. Probabilities and entropy are those at temperature 1,
 * without a nucleus.
 */
export function sample(logits: Float32Array, draw: SampleCase): Omit<Draw, 'position'> {
  const masked = unmasked(logits, draw.maskId);
  const plain = softmax(masked, 1);
  const entropy = entropyOf(plain);
  const top = masked.indexOf(Math.max(...masked));
  const likeliest = { id: top, probability: plain[top]! };
  const others = masked.map((logit, id) => (id === top || id === draw.maskId ? Number.NEGATIVE_INFINITY : logit));
  const most = Math.max(...others);
  const second = most === Number.NEGATIVE_INFINITY ? top : others.indexOf(most);
  if (draw.temperature === 0) return { ...likeliest, entropy, likeliest, second };
  const probabilities = softmax(masked, draw.temperature);
  const kept = nucleus(probabilities, draw.topP);
  const weights = probabilities.map((p, id) => (kept.has(id) ? p : 0));
  const number = uniform(draw.seed, STREAM.token, draw.pass, draw.position) * weights.reduce((a, b) => a + b);
  let cumulative = 0;
  const id = weights.findIndex((weight) => {
    cumulative += weight;
    return cumulative > number;
  });
  return { id, probability: plain[id]!, entropy, likeliest, second };
}
