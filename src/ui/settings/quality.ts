import type { PolicyName } from '../../library/unmask';

/** What a setting was measured to do: `npm run quality`, its log is training/logs/quality.jsonl. */
export interface QualityPoint {
  readonly policy: Extract<PolicyName, 'confidence' | 'ancestral'>;
  readonly blockSize: number;
  readonly steps: number;
  readonly tokensPerPass: number;
  /** Of the text, under the model's own block size 1. */
  readonly perplexity: number;
}

const point = (
  policy: QualityPoint['policy'],
  blockSize: number,
  steps: number,
  tokensPerPass: number,
  perplexity: number,
): QualityPoint => ({ policy, blockSize, steps, tokensPerPass, perplexity });

/** Of the embedded model, at temperature 0.8 and top-p 0.95. */
export const QUALITY: readonly QualityPoint[] = [
  point('confidence', 4, 4, 0.79, 3.3),
  point('confidence', 4, 2, 1.3, 11.3),
  point('confidence', 4, 1, 1.94, 123.6),
  point('confidence', 8, 8, 0.86, 3.3),
  point('confidence', 8, 4, 1.53, 10.0),
  point('confidence', 8, 2, 2.51, 44.0),
  point('confidence', 16, 16, 0.92, 3.1),
  point('confidence', 16, 8, 1.71, 5.1),
  point('confidence', 16, 4, 3.0, 19.1),
  point('confidence', 16, 2, 4.92, 118.4),
  point('ancestral', 16, 16, 1.37, 31.0),
  point('ancestral', 16, 8, 1.84, 31.7),
  point('ancestral', 16, 4, 3.07, 56.8),
  point('ancestral', 16, 2, 4.92, 125.4),
];

/** Of a token at a time: block size 1. */
export const BEST_PERPLEXITY = 3.1;

/** The measurements of a policy with the block size nearest to this one, from most steps to fewest. */
export function curveFor(policy: PolicyName, blockSize: number): readonly QualityPoint[] {
  const measured = QUALITY.filter((point) => point.policy === policy);
  const distance = (point: QualityPoint) => Math.abs(Math.log2(point.blockSize / blockSize));
  const nearest = Math.min(...measured.map(distance));
  return measured.filter((point) => distance(point) === nearest);
}

export interface Expected {
  readonly tokensPerPass: number;
  readonly perplexity: number;
}

/**
 * What to expect of `steps` steps for a block: between two measurements with as many tokens a step, on a
 * straight line in both logarithms, and beyond the last of them as there. Null where nothing was measured.
 */
export function expectedAt(curve: readonly QualityPoint[], blockSize: number, steps: number): Expected | null {
  const perStep = blockSize / steps;
  const load = (point: QualityPoint) => point.blockSize / point.steps;
  const next = curve.findIndex((point) => load(point) >= perStep);
  const after = curve[next < 0 ? curve.length - 1 : next];
  if (!after) return null;
  const before = curve[next - 1];
  if (!before || next < 0) return after;
  const share = Math.log(perStep / load(before)) / Math.log(load(after) / load(before));
  const between = (from: number, to: number) => from * (to / from) ** share;
  return {
    tokensPerPass: between(before.tokensPerPass, after.tokensPerPass),
    perplexity: between(before.perplexity, after.perplexity),
  };
}
