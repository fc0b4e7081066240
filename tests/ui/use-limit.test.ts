import { expect, test } from 'vitest';
import { cutText, cutTo } from '../../src/ui/fields/use-limit';

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc'],
  ['ab🪁', 3, 'ab'],
  ['ab🪁', 4, 'ab🪁'],
  // A half that was there before is no half of ours.
  ['ab\ud83e', 3, 'ab\ud83e'],
  ['', 3, ''],
])('%j is cut to %i units, but in no character', (text, longest, kept) => {
  expect(cutTo(text, longest)).toBe(kept);
});

test('what was cut is said in numbers', () => {
  expect(cutText(0, 4000)).toBe('');
  expect(cutText(1, 4000)).toBe('There is room for 4,000 characters: the last one was cut.');
  expect(cutText(96_000, 4000)).toBe('There is room for 4,000 characters: the last 96,000 were cut.');
});
