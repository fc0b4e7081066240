import { describe, expect, it } from 'vitest';
import type { BlockwisePolicy, Prediction } from '../../src/backends/backend';
import { STREAM, uniform } from '../../src/backends/random';
import { type BlockPolicy, POLICY_NAMES, policyNamed, startBlock } from '../../src/backends/reveal-policies';
import { endOf, events, ofType, smallBackend } from '../engine/small-model';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const predict = (probabilities: readonly number[]): Prediction[] =>
  probabilities.map((probability, position) => ({ position, id: 1, probability, entropy: 1 }));
const predictEntropies = (entropies: readonly number[]): Prediction[] =>
  entropies.map((entropy, position) => ({ position, id: 1, probability: 0.5, entropy }));

/** Lets a policy reveal a block of equally likely predictions. Returns the revealed positions of each step. */
function play(policy: BlockPolicy, masked: readonly number[]): number[][] {
  const steps: number[][] = [];
  let left = [...masked];
  for (let step = 0; left.length > 0; step++) {
    const asked = policy.candidates(left, step);
    const predictions = asked.map((position) => ({ position, id: 1, probability: 0.5, entropy: 1 }));
    const revealed = asked.length === 0 ? [] : policy.choose(predictions, step).map(({ position }) => position);
    left = left.filter((position) => !revealed.includes(position));
    steps.push(revealed);
  }
  return steps;
}

const start = (policy: BlockwisePolicy, masked: number, seed = 0, position = 0) =>
  startBlock(policy, { masked, seed, position });

describe('first-hitting', () => {
  const policy = { name: 'first-hitting' } as const;

  it('reveals one position a pass, and asks for no other', () => {
    const steps = play(start(policy, 16), range(16));
    expect(steps.map((step) => step.length)).toEqual(Array(16).fill(1));
    expect(steps.flat().toSorted((a, b) => a - b)).toEqual(range(16));
  });

  it('every order of a block is equally likely', () => {
    const counts = new Map<string, number>();
    for (const seed of range(6000)) {
      const order = play(start(policy, 3, seed), range(3)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // 1000 expected, with a standard deviation of 29.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  it('the order is another in each block', () => {
    const orders = range(20).map((block) => play(start(policy, 8, 0, 8 * block), range(8)).join());
    expect(new Set(orders).size).toBe(20);
  });
});

describe('ancestral', () => {
  it('reveals all by the last step', () => {
    for (const seed of range(50)) {
      const steps = play(start({ name: 'ancestral', steps: 4 }, 8, seed), range(8));
      expect(steps.length).toBeLessThanOrEqual(4);
      expect(steps.flat().toSorted()).toEqual(range(8));
    }
  });

  it('each position is as likely to go in each of the steps', () => {
    const steps = 4;
    const counts = range(steps).map(() => 0);
    for (const seed of range(1000)) {
      for (const [step, revealed] of play(start({ name: 'ancestral', steps }, 4, seed), range(4)).entries()) {
        counts[step]! += revealed.length;
      }
    }
    // Of 4000 each expects 1000, with a standard deviation of 27.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(110);
  });

  it('one step reveals the block at once', () => {
    expect(play(start({ name: 'ancestral', steps: 1 }, 5), range(5))).toEqual([range(5)]);
  });

  it('steps that reveal nothing cost no pass, and the reported steps go on from one to the next', async () => {
    let passes = 0;
    for (const seed of range(10)) {
      const backend = smallBackend();
      const policy = { name: 'ancestral', steps: 4 } as const;
      const all = await events(backend, { policy, maxTokens: 4, sampling: { temperature: 1, topP: 1, seed } });
      const steps = ofType(all, 'step');
      expect(steps.map(({ step }) => step)).toEqual(range(steps.length));
      expect(steps.every(({ reveal }) => reveal.length > 0)).toBe(true);
      expect(endOf(all).nfe).toBe(steps.length);
      expect(backend.calls).toHaveLength(1 + steps.length);
      passes += steps.length;
    }
    expect(passes).toBeLessThan(40);
  });
});

describe('confidence', () => {
  it.each([
    [10, 4, [3, 3, 2, 2]],
    [4, 4, [1, 1, 1, 1]],
    [5, 1, [5]],
    [3, 4, [1, 1, 1]],
    [2, 8, [1, 1]],
    [7, 3, [3, 2, 2]],
  ])('%i masks in %i steps', (masked, steps, shares) => {
    const revealed = play(start({ name: 'confidence', steps }, masked), range(masked));
    expect(revealed.map((step) => step.length)).toEqual(shares);
  });

  it('most confident first, of equal ones the lower position', () => {
    const policy = start({ name: 'confidence', steps: 2 }, 6);
    const chosen = policy.choose(predict([0.2, 0.9, 0.2, 0.5, 0.9, 0.1]), 0);
    expect(chosen.map(({ position }) => position)).toEqual([1, 4, 3]);
    const last = policy.choose(predict([0.2, 0.1, 0.2]), 1);
    expect(last.map(({ position }) => position)).toEqual([0, 2, 1]);
    const backwards = policy.choose(predict([0.2, 0.1, 0.2]).toReversed(), 1);
    expect(backwards).toEqual(last);
  });

  it('shares out what the prompt left of the first block', async () => {
    const all = await events(smallBackend(), {
      promptIds: [1],
      maxTokens: 7,
      policy: { name: 'confidence', steps: 2 },
    });
    expect(ofType(all, 'step').map(({ block, reveal }) => [block, reveal.length])).toEqual([
      [0, 2],
      [0, 1],
      [1, 2],
      [1, 2],
    ]);
  });
});

describe('threshold', () => {
  const choose = (threshold: number, probabilities: number[]) =>
    start({ name: 'threshold', threshold }, probabilities.length)
      .choose(predict(probabilities), 0)
      .map(({ position }) => position);

  it('all above, most confident first', () => expect(choose(0.5, [0.6, 0.4, 0.9, 0.7])).toEqual([2, 3, 0]));
  it('not what is just at it', () => expect(choose(0.5, [0.5, 0.6, 0.5])).toEqual([1]));
  it('at least the best', () => expect(choose(0.99, [0.2, 0.3, 0.3])).toEqual([1]));
  it('at 1 only the best', () => expect(choose(1, [1, 1, 0.5])).toEqual([0]));
  it('at 0 everything', () => expect(choose(0, [0.1, 0.2])).toEqual([1, 0]));
});

describe('entropy', () => {
  const choose = (entropyBound: number, predictions: readonly Prediction[]) =>
    start({ name: 'entropy', entropyBound }, predictions.length)
      .choose(predictions, 0)
      .map(({ position }) => position);

  /** The longest start of the positions in rising order of entropy whose Σ H − max H is within the bound. */
  const plainly = (bound: number, entropies: readonly number[]) => {
    const order = range(entropies.length).sort((a, b) => entropies[a]! - entropies[b]! || a - b);
    const fits = (count: number) => {
      const revealed = order.slice(0, count).map((position) => entropies[position]!);
      return revealed.reduce((sum, entropy) => sum + entropy) - Math.max(...revealed) <= bound;
    };
    return order.slice(0, range(order.length).filter((index) => fits(index + 1)).length);
  };

  it('asks for every masked position', () => {
    expect(start({ name: 'entropy', entropyBound: 1 }, 5).candidates([0, 2, 3], 1)).toEqual([0, 2, 3]);
  });

  it('the surest first, as long as those before the last are within the bound', () => {
    expect(choose(0.5, predictEntropies([0.25, 2, 0.125, 3, 0.25]))).toEqual([2, 0, 4]);
    expect(choose(0.625, predictEntropies([0.25, 2, 0.125, 3, 0.25]))).toEqual([2, 0, 4, 1]);
    expect(choose(0.124, predictEntropies([0.25, 2, 0.125, 3, 0.25]))).toEqual([2]);
  });
  it('the last may have any entropy', () => expect(choose(0.5, predictEntropies([9, 0.5]))).toEqual([1, 0]));
  it('at least the surest, and at 0 what is certain besides', () => {
    expect(choose(0, predictEntropies([3, 2, 4]))).toEqual([1]);
    expect(choose(0, predictEntropies([0, 2, 0, 4]))).toEqual([0, 2, 1]);
  });
  it('everything within a bound that is wide enough', () => {
    expect(choose(1e9, predictEntropies([3, 2, 4]))).toEqual([1, 0, 2]);
  });
  it('of equal entropies the lower position, in whatever order they come', () => {
    const predictions = predictEntropies([0.5, 0.25, 0.5, 0.25]);
    expect(choose(0.75, predictions)).toEqual([1, 3, 0]);
    expect(choose(0.75, predictions.toReversed())).toEqual([1, 3, 0]);
  });
  it('probabilities do not matter', () => {
    const predictions = predictEntropies([0.5, 0.25]).map((each, rank) => ({ ...each, probability: 1 - rank }));
    expect(choose(0, predictions)).toEqual([1]);
  });

  it('is its plain definition, over entropies with ties and zeros', () => {
    const sizes = new Set<number>();
    for (const seed of range(400)) {
      // Multiples of 1/8, so that sums are exact in any order.
      const entropies = range(1 + (seed % 16)).map(
        (index) => Math.floor(12 * uniform(seed, STREAM.order, 0, index)) / 8,
      );
      for (const bound of [0, 0.125, 1, 4, 1e3]) {
        const chosen = choose(bound, predictEntropies(entropies));
        expect(chosen).toEqual(plainly(bound, entropies));
        sizes.add(chosen.length);
      }
    }
    expect(sizes.size).toBe(16);
  });
});

it('every policy is made by its name, and no other name', () => {
  const settings = { steps: 3, threshold: 0.7, entropyBound: 0.2 };
  expect(POLICY_NAMES.map((name) => policyNamed(name, settings))).toEqual([
    { name: 'first-hitting' },
    { name: 'ancestral', steps: 3 },
    { name: 'confidence', steps: 3 },
    { name: 'threshold', threshold: 0.7 },
    { name: 'entropy', entropyBound: 0.2 },
    { name: 'speculative' },
  ]);
  for (const name of ['greedy', 'constructor', '']) {
    expect(() => policyNamed(name, settings)).toThrow(
      `There is no policy "${name}". Choose one of first-hitting, ancestral, confidence, threshold, entropy, speculative.`,
    );
  }
});
