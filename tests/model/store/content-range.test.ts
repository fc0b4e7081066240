import { expect, it } from 'vitest';
import { contentRangeStart } from '../../../src/model/store/content-range';

it.each([
  ['bytes 500-999/1000', 500],
  ['bytes 0-999/1000', 0],
  [' bytes 7-7/* ', 7],
  ['bytes 500-/1000', null],
  ['bytes */1000', null],
  ['bytes -5-999/1000', null],
  ['bits 500-999/1000', null],
  ['bytes 500-999/1000, bytes 0-1/1000', null],
  ['', null],
])('"%s" begins at %s', (contentRange, start) => {
  expect(contentRangeStart(contentRange, 42)).toBe(start);
});

it('is what was asked for where it is not shown', () => {
  expect(contentRangeStart(null, 42)).toBe(42);
});
