import { expect, test } from 'vitest';
import type { ReadEvent } from '../../src/library/texts';
import { perplexityText } from '../../src/ui/fields/format';
import { piecesOf } from '../../src/ui/read/pieces';
import {
  FIRST_READING,
  MOST_CHARACTERS,
  type ReadAction,
  type Reading,
  reduceReading,
  requestOf,
} from '../../src/ui/read/reading';
import { placeOn, rangeOf, scheduleName } from '../../src/ui/read/spread';
import { bitsText, heatOf, likelihoodText, mostSurprising, summaryOf } from '../../src/ui/read/surprisal';

const told = (event: ReadEvent): ReadAction => ({ type: 'event', event });
const opened = told({
  type: 'read-started',
  tokens: [' a', ' red', ' kite'].map((text, id) => ({ id, text })),
  bytes: 11,
  scored: { tokens: 3, bytes: 11 },
  blockSizes: [1, 4],
  windows: 1,
});
const size = (blockSize: number, standardError: number | null) =>
  told({ type: 'read-size', blockSize, natsPerToken: 2, standardError, perplexity: 7.39, bitsPerByte: 0.79 });
const after = (...actions: ReadAction[]): Reading => actions.reduce(reduceReading, FIRST_READING);

test('tokens, sizes and draws come as they are measured, and the end tells what came out', () => {
  const schedule = { from: 0, to: 1 };
  const spread = { blockSize: 4, schedule, values: [1, 3], mean: 2, deviation: 1 };
  const reading = after(
    { type: 'started', by: 'Scripted' },
    opened,
    told({ type: 'read-tokens', from: 0, nats: [null, 0.7] }),
    told({ type: 'read-progress', done: 2, total: 9 }),
    size(1, null),
    size(4, 0.2),
    told({ type: 'read-spread', ...spread }),
  );
  expect(reading.report).toMatchObject({ done: 2, total: 9, nats: [null, 0.7, undefined] });
  expect(reading.report?.sizes.map(({ blockSize }) => blockSize)).toEqual([1, 4]);
  expect(reading.report?.spreads).toMatchObject([spread]);
  const tokens = told({ type: 'read-tokens', from: 2, nats: [6] });
  const finished = [tokens, told({ type: 'read-done' })].reduce(reduceReading, reading);
  expect(finished.phase).toBe('finished');
  expect(finished.announced).toBe(
    'The text is read. Perplexity 7.4 at block size 1. “kite” was the greatest surprise: 8.7 bits.',
  );
});

test('what was measured stays after a stop, and nothing comes after it', () => {
  const stopped = after({ type: 'started', by: 'Scripted' }, opened, size(1, null), { type: 'stopped' });
  expect(stopped.phase).toBe('stopped');
  expect(stopped.report?.sizes).toHaveLength(1);
  expect(reduceReading(stopped, size(4, 0.1))).toBe(stopped);
  expect(reduceReading(stopped, { type: 'stopped' })).toBe(stopped);
});

test('a problem goes with the next reading or load', () => {
  const failed = after(
    { type: 'started', by: 'Scripted' },
    { type: 'failed', problem: { code: 'device-lost', message: 'Gone.' } },
  );
  expect(failed.problem?.message).toBe('Gone.');
  expect(reduceReading(failed, { type: 'started', by: 'Scripted' }).problem).toBeNull();
  expect(reduceReading(failed, { type: 'load-started' }).problem).toBeNull();
});

test('an empty text is not read, and a long one no further than is said', () => {
  const { form } = FIRST_READING;
  expect(requestOf({ ...form, text: ' \n' })).toBeNull();
  expect(requestOf({ ...form, text: 'a'.repeat(MOST_CHARACTERS + 5) })?.text).toHaveLength(MOST_CHARACTERS);
  expect(requestOf(form)?.schedules).toEqual([{ from: 0, to: 1 }, form.clip]);
});

test('heat is in proportion to bits, up to the end of the scale', () => {
  expect([0, 6 * Math.LN2, 12 * Math.LN2, 40].map(heatOf)).toEqual([0, 0.5, 1, 1]);
  expect([null, undefined].map(heatOf)).toEqual([0, 0]);
  expect([bitsText(Math.LN2), bitsText(12 * Math.LN2)]).toEqual(['1.0 bits', '12 bits']);
});

test('probabilities read as a person would say them', () => {
  expect(likelihoodText(0)).toBe('100 %');
  expect(likelihoodText(-Math.log(0.095))).toBe('9.5 %');
  expect(likelihoodText(12 * Math.LN2)).toBe('1 in 4,096');
});

test('the tokens that share a character are one piece, with the surprisal of all', () => {
  const tokens = ['caf', '', 'é', ' ', '', '', '🪁'].map((text, id) => ({ id, text }));
  const nats = [1, 2, 3, null, 4, undefined, 5];
  expect(piecesOf({ tokens, nats })).toEqual([
    { text: 'caf', tokens: 1, nats: 1 },
    { text: 'é', tokens: 2, nats: 5 },
    { text: ' ', tokens: 1, nats: null },
    { text: '🪁', tokens: 3, nats: undefined },
  ]);
  const known = nats.with(5, 4.5);
  expect(mostSurprising(piecesOf({ tokens, nats: known }))).toMatchObject({ text: '🪁', nats: 13.5 });
  expect(summaryOf({ tokens, nats: known, sizes: [] })).toBe('“🪁” was the greatest surprise: 19 bits.');
});

test('the first of equals is the greatest surprise; what is not measured is none', () => {
  const pieces = [null, 1, 5, undefined, 5, 2].map((nats, index) => ({ text: `${index}`, tokens: 1, nats }));
  expect(mostSurprising(pieces)?.text).toBe('2');
  expect(summaryOf({ tokens: [], nats: [], sizes: [] })).toBe('');
});

test.each([
  [3.05, '3.0'],
  [24.24, '24.2'],
  [132.7, '133'],
  [140_172.9, '140,000'],
  [2_402_979.8, '2,400,000'],
])('a perplexity of %f is shown as %s', (perplexity, text) => expect(perplexityText(perplexity)).toBe(text));

test('all strips of draws share an axis', () => {
  const spreads = [[2, 4], [3]].map((values) => {
    return { blockSize: 4, schedule: { from: 0, to: 1 }, values, mean: 3, deviation: 1 };
  });
  const range = rangeOf(spreads);
  expect(range).toEqual([2, 4]);
  expect([2, 3, 4].map((value) => placeOn(range, value))).toEqual([0, 0.5, 1]);
  expect(placeOn([3, 3], 3)).toBe(0.5);
  expect(rangeOf([])).toEqual([0, 1]);
  expect([scheduleName({ from: 0, to: 1 }), scheduleName({ from: 0.3, to: 0.8 })]).toEqual(['Linear', 'U[0.3, 0.8]']);
});
