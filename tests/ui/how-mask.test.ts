import { expect, test } from 'vitest';
import { seesInTraining, seesWhileWriting } from '../../src/ui/how/attention-masks';

const SIZES = [1, 2, 4, 8, 16];

/** One character for each pair of places: `#` where the row's token sees the column's. */
function drawn(size: number, sees: (from: number, to: number) => boolean): string[] {
  const places = Array.from({ length: size }, (_, place) => place);
  return places.map((from) => places.map((to) => (sees(from, to) ? '#' : '.')).join(''));
}

test('to write: all blocks before, and the own block whole', () => {
  expect(drawn(4, (from, to) => seesWhileWriting(from, to, 2))).toEqual(['##..', '##..', '####', '####']);
  expect(drawn(3, (from, to) => seesWhileWriting(from, to, 1))).toEqual(['#..', '##.', '###']);
  expect(drawn(3, (from, to) => seesWhileWriting(from, to, 16))).toEqual(['###', '###', '###']);
});

test('to train: noised and clean text side by side', () => {
  expect(drawn(8, (from, to) => seesInTraining(from, to, 2, 4))).toEqual([
    '##......',
    '##......',
    '..####..',
    '..####..',
    '....##..',
    '....##..',
    '....####',
    '....####',
  ]);
});

test.each(SIZES)('block size %i: the paper’s three masks, block by block', (size) => {
  const length = 16;
  for (let from = 0; from < 2 * length; from++) {
    for (let to = 0; to < 2 * length; to++) {
      const [noisyFrom, noisyTo] = [from < length, to < length];
      const [mine, other] = [from % length, to % length].map((place) => (place - (place % size)) / size) as [
        number,
        number,
      ];
      const blockDiagonal = noisyFrom && noisyTo && mine === other;
      const offsetBlockCausal = noisyFrom && !noisyTo && mine > other;
      const blockCausal = !noisyFrom && !noisyTo && mine >= other;
      expect(seesInTraining(from, to, size, length)).toBe(blockDiagonal || offsetBlockCausal || blockCausal);
    }
  }
});

test.each(SIZES)(
  'block size %i: a noised token sees as many tokens in training as it will see while writing',
  (size) => {
    const length = 16;
    const places = Array.from({ length }, (_, place) => place);
    for (const from of places) {
      const writing = places.filter((to) => seesWhileWriting(from, to, size)).length;
      const training = [...places, ...places.map((place) => place + length)];
      expect(training.filter((to) => seesInTraining(from, to, size, length)).length).toBe(writing);
    }
  },
);
