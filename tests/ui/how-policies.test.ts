import { expect, test } from 'vitest';
import type { BlockwisePolicy, Prediction } from '../../src/backends/backend';
import { startBlock } from '../../src/backends/reveal-policies';
import { MOST_PASSES, POLICY_RUNS, passText, placesAfter } from '../../src/ui/how/policy-runs';

const { runs, seed, position } = POLICY_RUNS;

test('four policies wrote one block', () => {
  expect(runs.map(({ policy }) => policy.name)).toEqual(['first-hitting', 'confidence', 'threshold', 'entropy']);
  for (const { tokens } of runs) expect(tokens).toHaveLength(16);
});

test.each(runs)('$policy.name reveals what its code chooses of the recorded probabilities', ({ policy, passes }) => {
  const blockPolicy = startBlock(policy as BlockwisePolicy, { position, masked: 16, seed });
  let masked = Array.from({ length: 16 }, (_, place) => place);
  for (const [step, { predictions, reveal }] of passes.entries()) {
    expect(predictions.map(([place]) => place)).toEqual(blockPolicy.candidates(masked, step));
    const asked = predictions.map(([place, probability, entropy]): Prediction => {
      return { position: place, id: 0, probability, entropy };
    });
    expect(blockPolicy.choose(asked, step).map(({ position }) => position)).toEqual(reveal);
    masked = masked.filter((place) => !reveal.includes(place));
  }
  expect(masked).toEqual([]);
});

test('places are uncovered with the passes, and stay', () => {
  for (const run of runs) {
    const known = (count: number) =>
      placesAfter(run, count).flatMap((place, at) => (place.probability === null ? [] : [at]));
    expect(known(0)).toEqual([]);
    for (let count = 1; count <= MOST_PASSES; count++) {
      expect(known(count)).toEqual(expect.arrayContaining(known(count - 1)));
      const latest = placesAfter(run, count).filter(({ latest }) => latest);
      expect(latest).toHaveLength(run.passes[count - 1]?.reveal.length ?? 0);
    }
    expect(known(MOST_PASSES)).toHaveLength(16);
  }
});

test('it is said where each of them is', () => {
  const [hitting, confidence] = runs as [(typeof runs)[0], (typeof runs)[0]];
  expect(passText(hitting, 0)).toBe('Before the first pass');
  expect(passText(hitting, 3)).toBe('Pass 3 of 16: 1 token');
  expect(passText(confidence, 3)).toBe('Pass 3 of 8: 2 tokens');
  expect(passText(confidence, 8)).toBe('Done after 8 passes');
  expect(passText(confidence, 16)).toBe('Done after 8 passes');
});
