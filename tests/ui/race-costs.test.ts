import { expect, test } from 'vitest';
import { POLICY_NAMES, type PolicyName } from '../../src/library/models';
import { cpuPassCost, cpuTokenCost, passesPerToken, weightReads } from '../../src/ui/race/costs';
import { expectation } from '../../src/ui/race/expectation';
import { DEFAULT_SETTINGS, generateSettings } from '../../src/ui/settings/settings';
import { newStory } from '../../src/ui/story/story';

const MODEL = {
  blockSizes: [1, 4, 8, 16, 32],
  defaultBlockSize: 8,
  policies: POLICY_NAMES,
  origin: { type: 'embedded' },
  decoding: { policy: 'confidence', threshold: 0.9 },
} as const;

const way = (blockSize: number, steps = blockSize, policy: PolicyName = 'confidence') =>
  generateSettings({ ...DEFAULT_SETTINGS, blockSize, steps, policy }, MODEL);
const CPU = { backend: 'wasm', adapter: 'x', singlePasses: 2 } as const;

test('what a token takes on a CPU is about what was measured for each of the styles', () => {
  // Milliseconds a token, docs/LOG.md.
  const measured = [
    { asked: way(1), milliseconds: 3.2 },
    { asked: way(8), milliseconds: 8.87 },
    { asked: way(16, 8), milliseconds: 8.54 },
    { asked: way(32, 8), milliseconds: 7.63 },
  ];
  const single = cpuTokenCost(way(1), 2)!;
  for (const { asked, milliseconds } of measured) {
    const ratio = cpuTokenCost(asked, 2)! / single / (milliseconds / 3.2);
    expect(ratio, `blocks of ${asked.blockSize}`).toBeGreaterThan(0.85);
    expect(ratio, `blocks of ${asked.blockSize}`).toBeLessThan(1.15);
  }
  // Rows that predict the next token: a pass a token, and nothing rides along.
  expect(cpuTokenCost(way(1), 1)).toBe(1);
  expect(cpuTokenCost(way(16, 8), 1)).toBe((9 / 16) * cpuPassCost(16));
});

test('the steps of a block and the pass that stores it make its passes', () => {
  expect(passesPerToken(way(1), 2)).toBe(2);
  expect(passesPerToken(way(1), 1)).toBe(1);
  expect(passesPerToken(way(16, 8), 2)).toBe(9 / 16);
  expect(passesPerToken(way(16, 8, 'first-hitting'), 2)).toBe(17 / 16);
  expect(passesPerToken(way(16, 8, 'threshold'), 2)).toBeNull();
});

test('on a CPU it is said beforehand who wins and why; on a GPU nothing is', () => {
  expect(expectation([way(1), way(16, 8)], CPU)).toBe(
    'Expect one at a time to win. This model runs on the CPU, where the arithmetic is the slow part: ' +
      'a pass over 16 tokens takes about 6 times as long as one over 1. ' +
      'One at a time: 0.50 tokens per pass; blocks of 16: 1.78.',
  );
  expect(expectation([way(1), way(16, 8)], { ...CPU, backend: 'webgpu', adapter: 'x' })).toBeNull();
});

test('few enough passes win on a CPU too, also with blocks of the same size', () => {
  expect(expectation([way(1), way(16, 2)], CPU)).toContain('Expect blocks of 16 to win.');
  const same = expectation([way(16, 16), way(16, 4)], CPU);
  expect(same).toContain('Expect blocks of 16 (most confident first, 4 steps) to win.');
  expect(same).toContain('as many tokens, so fewer of them are faster');
});

test('where the text decides how many passes there are, nobody is said to win', () => {
  const said = expectation([way(1), way(16, 16, 'threshold')], CPU);
  expect(said).not.toContain('Expect');
  expect(said).toContain('depends on the text');
});

test('a GPU reads the weights once a pass, but not for a storing pass that rides along', () => {
  const token = { id: 1, text: 'a', state: 'committed', probability: 1, step: 0 } as const;
  const story = (blockSize: number, count: number, nfe: number) => {
    const tokens = Array.from({ length: blockSize }, () => token);
    const block = { tokens, start: tokens, pinned: 0, beyond: [], steps: 1, committed: true };
    return { ...newStory(way(blockSize), null), blocks: Array.from({ length: count }, () => block), nfe };
  };
  // A prefill, 64 tokens found, 63 stored.
  expect(weightReads(story(1, 64, 128), 2)).toBe(65);
  // A prefill, 4 blocks of 8 steps, 3 stored.
  expect(weightReads(story(16, 4, 36), 2)).toBe(33);
  // Two blocks of 32 do not fit into a pass, and nothing rides along where rows predict the next token.
  expect(weightReads(story(32, 2, 18), 2)).toBe(18);
  expect(weightReads(story(16, 4, 36), 1)).toBe(36);
});
