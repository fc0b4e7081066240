import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Contestant } from '../../bench/page/contestant';
import { planRounds, race } from '../../bench/page/race';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const log: string[] = [];

/** Takes `prompt` ms to prepare, and for each block the next of `blocks` ms, round by round; the last for ever. */
function contestant(name: string, prompt: number, blocks: readonly number[], id = 0, exact = true): Contestant {
  let round = 0;
  const pass = (ms: number) => void vi.advanceTimersByTime(ms);
  return {
    name,
    exact,
    async prepare() {
      log.push(name);
      pass(prompt);
    },
    async write(count) {
      pass(count * blocks[Math.min(round++, blocks.length - 1)]!);
      return Array<number>(count).fill(id);
    },
  };
}

it('takes turns, and the median of what was timed', async () => {
  log.length = 0;
  // The first round of two tells what fits; of the three that follow, one was disturbed.
  const cold = [contestant('cold ours', 0, [1_000]), contestant('cold peer', 0, [3_000])];
  const ours = contestant('ours', 5, [10, 10, 90, 12]);
  const peer = contestant('peer', 5, [30, 30, 31, 400]);
  const found = await race(cold, [ours, peer], { budget: 400, mostBlocks: 2, leastRounds: 1 });
  expect(found).toEqual({ rounds: 3, blocks: 2, msPerBlock: [12, 31] });
  expect(log).toEqual(['cold ours', 'cold peer', ...Array(4).fill(['ours', 'peer']).flat()]);
});

it('times one round where the budget allows no three', async () => {
  const found = await race([], [contestant('ours', 0, [20]), contestant('peer', 0, [80])], {
    budget: 599,
    mostBlocks: 9,
    leastRounds: 1,
  });
  expect(found).toEqual({ rounds: 1, blocks: 2, msPerBlock: [20, 80] });
});

it('repeats that round as often as it must', async () => {
  const found = await race([], [contestant('ours', 0, [20, 30, 70])], { budget: 1, mostBlocks: 9, leastRounds: 3 });
  expect(found).toEqual({ rounds: 3, blocks: 2, msPerBlock: [30] });
});

it('refuses to compare different texts', async () => {
  const racing = race([], [contestant('ours', 0, [1], 7), contestant('peer', 0, [1], 8)], {
    budget: 9,
    mostBlocks: 9,
    leastRounds: 1,
  });
  await expect(racing).rejects.toMatchObject({
    code: 'internal',
    message: 'ours and peer differ at token 0: 7 and 8.',
  });
});

it('compares no text of a contestant that rounds otherwise', async () => {
  const racing = race([], [contestant('ours', 0, [1], 7), contestant('bytes', 0, [1], 8, false)], {
    budget: 9,
    mostBlocks: 9,
    leastRounds: 1,
  });
  await expect(racing).resolves.toMatchObject({ msPerBlock: [1, 1] });
});

it.each([
  // A round of two blocks takes 100 + 2 · 50 ms.
  [599, { rounds: 0, blocks: 2 }],
  [600, { rounds: 3, blocks: 2 }],
  [1_000, { rounds: 5, blocks: 2 }],
  [2_000, { rounds: 5, blocks: 6 }],
  [90_000, { rounds: 5, blocks: 8 }],
])('spends %d ms', (budget, plan) => expect(planRounds(100, 50, { budget, mostBlocks: 8 })).toEqual(plan));
