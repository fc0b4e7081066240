import { expect, test } from 'vitest';
import { flowText, type Piece } from '../../src/ui/share/video/flow-text';
import { FRAMES_PER_SECOND, framesOf } from '../../src/ui/share/video/frames';
import { scriptedStory } from './run-script';

const OPTIONS = { width: 10, lineHeight: 2, paragraphGap: 1, measure: (text: string) => text.length };

function lines(...texts: (string | null)[]): string[] {
  const pieces = texts.map((text): Piece<null> => ({ text, width: 3, look: null }));
  const found = new Map<number, string>();
  for (const { text, x, y } of flowText(pieces, OPTIONS).placed) {
    found.set(y, `${(found.get(y) ?? '').padEnd(x)}${text ?? '###'}`);
  }
  return [...found].map(([y, line]) => `${y}: ${line}`);
}

test('lines break at spaces and never in a word that several tokens make', () => {
  expect(lines('Once', ' upon', ' a', ' time')).toEqual(['0: Once upon', '2: a time']);
  expect(lines('The', ' light', 'hou', 'se', '.')).toEqual(['0: The', '2: lighthouse.']);
});

test('masks stand between words and go to the next line like them', () => {
  expect(lines('Once', null, null, null, ' end')).toEqual(['0: Once######', '2: ### end']);
});

test('a line break and a blank line, in one token or in two', () => {
  expect(lines('a\nb')).toEqual(['0: a', '2: b']);
  expect(lines('a\n\nb')).toEqual(['0: a', '3: b']);
  expect(lines('a', '\n', '\n', '\n', 'b')).toEqual(['0: a', '3: b']);
});

test('a video shows each step in order, in the time that it took, and at the end all of it', () => {
  const { steps } = scriptedStory(3);
  const frames = framesOf(steps, 1);
  expect(frames[0]).toBe(0);
  expect(frames).toEqual([...frames].sort((a, b) => a - b));
  expect(new Set(frames)).toEqual(new Set(Array.from({ length: steps.length + 1 }, (_, position) => position)));
  const seconds = (speed: number) => framesOf(steps, speed).length / FRAMES_PER_SECOND - 2;
  expect(seconds(1)).toBeCloseTo(steps.at(-1)!.seconds, 0);
  expect(seconds(0.5)).toBeCloseTo(2 * steps.at(-1)!.seconds, 0);
  expect(framesOf([], 1).length).toBeGreaterThan(0);
});
