import type { Sampling, UnplacedDraw } from './backend';
import { STREAM, uniform } from './random';

/** Where a draw belongs; with the sampling's seed it fixes the random number. */
export interface DrawPlace {
  readonly maskId: number;
  /** Counts the forward passes of a generation. */
  readonly pass: number;
  /** Absolute, of the token to draw. */
  readonly position: number;
}

/** Result for a row with a logit that is not finite. */
const NOT_FINITE = { id: 0, probability: -1, entropy: -1, likeliest: { id: 0, probability: -1 }, second: 0 };

/**
 * Draws an id from a row of logits [vocab], the mask's counted as −∞: arg-max at temperature 0 (the lowest
 * id wins a tie), otherwise the nucleus of softmax(logits / temperature) and the inverse of its cumulative
 * distribution in id order. `shaders/sample.wgsl` does the same. The probability is that at temperature 1,
 * and the entropy (nats) that of the whole distribution at temperature 1. The likeliest id and the next one
 * come with it.
 *
 * Where a logit is not finite, probability and entropy are −1.
 */
export function sample(
  logits: Float32Array,
  { temperature, topP, seed }: Sampling,
  { maskId, pass, position }: DrawPlace,
): UnplacedDraw {
  const tops = topIds(logits, maskId);
  if (!tops) return NOT_FINITE;
  const [top, second] = tops;
  const peak = logits[top]!;
  const { total, entropy } = distributionOf(logits, peak, maskId);
  let id = top;
  if (temperature > 0) {
    const { weights, total } = weightsOf(logits, peak, temperature, maskId);
    const kept = topP < 1 ? nucleus(weights, { total, mass: topP * total, top }) : [...weights.keys()];
    id = inverse(weights, kept, uniform(seed, STREAM.token, pass, position));
  }
  const likeliest = { id: top, probability: 1 / total };
  return { id, probability: Math.exp(logits[id]! - peak) / total, entropy, likeliest, second };
}

// The loops below run over a vocabulary for each row that is drawn, so they are plain ones.

/** The likeliest id and the next one, lower ids first among equals, or twice the only one; undefined where a logit is not finite. */
function topIds(logits: Float32Array, maskId: number): [top: number, second: number] | undefined {
  let [top, second] = [-1, -1];
  let [peak, next] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let id = 0; id < logits.length; id++) {
    if (id === maskId) continue;
    const logit = logits[id]!;
    // A number that is not finite, minus itself, is NaN.
    if (logit - logit !== 0) return undefined;
    if (logit > peak) {
      [second, next] = [top, peak];
      [top, peak] = [id, logit];
    } else if (logit > next) {
      [second, next] = [id, logit];
    }
  }
  return [top, second === -1 ? top : second];
}

/**
 * With the weights exp(logit − peak), 0 for the mask: their sum Z, and the entropy log Z − Σ p · (logit − peak), no part
 * of which is below 0.
 */
function distributionOf(logits: Float32Array, peak: number, maskId: number): { total: number; entropy: number } {
  let total = 0;
  let below = 0;
  for (let id = 0; id < logits.length; id++) {
    // The mask has no weight, and its logit need not be finite.
    if (id === maskId) continue;
    const distance = logits[id]! - peak;
    const weight = Math.exp(distance);
    total += weight;
    below += weight * distance;
  }
  return { total, entropy: Math.log(total) - below / total };
}

/** exp((logit − peak) / temperature), 0 for the mask, and the sum of it. */
function weightsOf(logits: Float32Array, peak: number, temperature: number, maskId: number) {
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < logits.length; id++) {
    if (id === maskId) continue;
    const weight = Math.exp((logits[id]! - peak) / temperature);
    weights[id] = weight;
    total += weight;
  }
  return { weights, total };
}

/**
 * The heaviest ids, lower ids first among equals, that together weigh at most `mass` of `total`, and always `top`;
 * ascending.
 */
function nucleus(
  weights: Float64Array,
  { total, mass, top }: { readonly total: number; readonly mass: number; readonly top: number },
): number[] {
  // What the nucleus leaves out weighs total − mass or more, so one of those ids, and with it every kept id,
  // weighs at least its even share. Nothing lighter need be sorted; the half is for rounding.
  const least = ((total - mass) / weights.length) * 0.5;
  const candidates: number[] = [];
  for (let id = 0; id < weights.length; id++) if (weights[id]! >= least && weights[id]! > 0) candidates.push(id);
  candidates.sort((a, b) => weights[b]! - weights[a]! || a - b);
  let held = 0;
  let count = 0;
  for (const id of candidates) {
    held += weights[id]!;
    if (held > mass) break;
    count++;
  }
  return count === 0 ? [top] : candidates.slice(0, count).sort((a, b) => a - b);
}

/** The first of the ids at which the cumulative weight exceeds the random number's share of all of it. */
function inverse(weights: Float64Array, ids: readonly number[], random: number): number {
  const number = random * ids.reduce((held, id) => held + weights[id]!, 0);
  let cumulative = 0;
  let last = ids[0]!;
  for (const id of ids) {
    if (weights[id] === 0) continue;
    last = id;
    cumulative += weights[id]!;
    if (cumulative > number) break;
  }
  return last;
}
