import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BEST_PERPLEXITY, curveFor, expectedAt, QUALITY } from '../../src/ui/settings/quality';

interface Measured {
  readonly policy: string;
  readonly steps?: number;
  readonly block_size: number;
  readonly tokens: number;
  readonly passes: number;
  readonly nats_per_token: number;
}

const LOG = readFileSync('training/logs/quality.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line): Measured => JSON.parse(line));

/** Tokens a pass and perplexity of all texts together. */
function summary(texts: readonly Measured[]) {
  const sum = (of: (text: Measured) => number) => texts.reduce((total, text) => total + of(text), 0);
  const tokens = sum((text) => text.tokens);
  return {
    tokensPerPass: tokens / sum((text) => text.passes),
    perplexity: Math.exp(sum((text) => text.nats_per_token * text.tokens) / tokens),
  };
}

test('the curve is what was measured', () => {
  for (const point of QUALITY) {
    const texts = LOG.filter(
      ({ policy, steps, block_size }) =>
        policy === point.policy && steps === point.steps && block_size === point.blockSize,
    );
    const { tokensPerPass, perplexity } = summary(texts);
    expect(Math.abs(point.tokensPerPass - tokensPerPass)).toBeLessThan(0.01);
    expect(Math.abs(point.perplexity / perplexity - 1)).toBeLessThan(0.02);
  }
  const autoregressive = summary(LOG.filter(({ block_size }) => block_size === 1));
  expect(BEST_PERPLEXITY).toBeCloseTo(autoregressive.perplexity, 1);
});

test('a block size that was not measured takes the nearest that was', () => {
  expect(curveFor('confidence', 32)[0]?.blockSize).toBe(16);
  expect(curveFor('confidence', 2)[0]?.blockSize).toBe(4);
  expect(curveFor('threshold', 16)).toEqual([]);
});

test('between measurements it grows steadily, at them it is exact, beyond them it stops', () => {
  const curve = curveFor('confidence', 16);
  expect(expectedAt(curve, 16, 8)?.perplexity).toBeCloseTo(5.1, 5);
  const perplexities = [16, 12, 10, 8, 6, 5, 4, 3, 2].map((steps) => expectedAt(curve, 16, steps)!.perplexity);
  expect(perplexities).toEqual(perplexities.toSorted((a, b) => a - b));
  expect(expectedAt(curve, 16, 1)?.perplexity).toBe(118.4);
  expect(expectedAt(curve, 32, 16)?.perplexity).toBeCloseTo(5.1, 5);
  expect(expectedAt([], 16, 2)).toBeNull();
});
