import { expect, it } from 'vitest';
import { median } from '../../bench/median';

it.each([
  [[5], 5],
  [[9, 1, 2], 2],
  [[100, 1, 3, 2], 2.5],
])('of %j is %d', (numbers, middle) => expect(median(numbers)).toBe(middle));
