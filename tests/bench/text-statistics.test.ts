import { describe, expect, it } from 'vitest';
import { distinctShare, repeatedShare } from '../../bench/text-statistics';

describe('n-grams of ids', () => {
  it.each<[ids: number[], n: number, distinct: number]>([
    [[1, 2, 3, 4], 1, 1],
    [[1, 2, 1, 2], 1, 1 / 2],
    // 12, 21, 12
    [[1, 2, 1, 2], 2, 2 / 3],
    [[1, 2, 1, 2], 4, 1],
    [[7, 7, 7, 7, 7, 7], 3, 1 / 4],
    // 1 and 12 are other ids than 11 and 2.
    [[1, 12, 11, 2], 2, 1],
    [[5], 1, 1],
  ])('%j in %i: %d are distinct', (ids, n, distinct) => {
    expect(distinctShare(ids, n)).toBeCloseTo(distinct, 12);
    expect(repeatedShare(ids, n)).toBeCloseTo(1 - distinct, 12);
  });

  it('a text that is too short has none', () => {
    expect(distinctShare([], 1)).toBeNull();
    expect(distinctShare([1, 2, 3], 4)).toBeNull();
    expect(repeatedShare([1, 2, 3], 4)).toBeNull();
  });
});
