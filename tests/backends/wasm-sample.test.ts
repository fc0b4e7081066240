import { describe, expect, it } from 'vitest';
import { sample } from '../../src/backends/sample';
import { randomArray } from '../kernels/numbers';
import { sample as referenceSample } from '../reference/sample';

const VOCAB = 101;
const MASK = 100;
const logitsOf = (seed: number) => randomArray(VOCAB, seed).map((x) => 4 * x);

describe('the same draws as the plain version', () => {
  it.each([
    { temperature: 0, topP: 1 },
    { temperature: 1, topP: 1 },
    { temperature: 0.7, topP: 0.9 },
    { temperature: 2, topP: 0.5 },
    { temperature: 1, topP: 1e-6 },
    { temperature: 0.01, topP: 0.999 },
  ])('temperature $temperature, top-p $topP', (settings) => {
    const ids = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const logits = logitsOf(seed % 20);
      const place = { maskId: MASK, pass: seed % 7, position: seed };
      const expected = referenceSample(logits, { ...settings, seed, ...place });
      const drawn = sample(logits, { ...settings, seed }, place);
      expect(drawn.id).toBe(expected.id);
      expect(drawn.probability).toBeCloseTo(expected.probability, 9);
      expect(drawn.entropy).toBeCloseTo(expected.entropy, 9);
      ids.add(drawn.id);
    }
    expect(ids.size).toBeGreaterThan(10);
  });
});

it('draws by probability', () => {
  const logits = Float32Array.of(Math.log(0.5), Math.log(0.3), Math.log(0.2), 9);
  const counts = [0, 0, 0, 0];
  const draws = 4000;
  for (let pass = 0; pass < draws; pass++) {
    counts[sample(logits, { temperature: 1, topP: 1, seed: 1 }, { maskId: 3, pass, position: 0 }).id]!++;
  }
  // Three standard deviations of the largest are 95.
  for (const [id, share] of [0.5, 0.3, 0.2].entries()) expect(Math.abs(counts[id]! - share * draws)).toBeLessThan(95);
});

it('equal logits: arg-max is the lowest id, and a nucleus takes the lower ids first', () => {
  const logits = new Float32Array(5);
  const place = { maskId: 0, pass: 0, position: 0 };
  expect(sample(logits, { temperature: 0, topP: 1, seed: 0 }, place)).toEqual({
    id: 1,
    probability: 0.25,
    entropy: Math.log(4),
    likeliest: { id: 1, probability: 0.25 },
    second: 2,
  });
  const drawn = Array.from({ length: 50 }, (_, pass) =>
    sample(logits, { temperature: 1, topP: 0.5, seed: 0 }, { ...place, pass }),
  );
  expect(new Set(drawn.map(({ id }) => id))).toEqual(new Set([1, 2]));
});

it('entropy: from log of all but the mask down to 0, at any distance of the logits', () => {
  const sampling = { temperature: 0.5, topP: 0.5, seed: 0 };
  const entropyAt = (height: number, mask: number) => {
    const logits = new Float32Array(VOCAB).fill(-1e3);
    logits[7] = height - 1e3;
    logits[MASK] = mask;
    return sample(logits, sampling, { maskId: MASK, pass: 0, position: 0 }).entropy;
  };
  for (const mask of [0, 1e4, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(entropyAt(0, mask)).toBeCloseTo(Math.log(VOCAB - 1), 12);
    // One id of weight 1 and 99 of e⁻¹².
    const total = 1 + 99 * Math.exp(-12);
    expect(entropyAt(12, mask)).toBeCloseTo(Math.log(total) + (12 * 99 * Math.exp(-12)) / total, 12);
    for (const height of [800, 1e5, 3e38]) expect(entropyAt(height, mask)).toBe(0);
  }
});

it.each([Number.NaN, Number.POSITIVE_INFINITY])('tells of a logit of %f, but not at the mask', (value) => {
  const logits = logitsOf(1);
  const draw = () => sample(logits, { temperature: 1, topP: 1, seed: 0 }, { maskId: MASK, pass: 0, position: 0 });
  logits[MASK] = value;
  expect(draw().probability).toBeGreaterThan(0);
  logits[3] = value;
  expect(draw()).toMatchObject({ probability: -1, entropy: -1 });
});
