import { expect, test } from 'vitest';
import { PaceMeter, paceText } from '../../src/ui/models/pace';

/** A megabyte every 200 ms, from `from` to `to` milliseconds. */
function steady(meter: PaceMeter, from: number, to: number) {
  let told = meter.note((from / 200) * 1e6, 100e6, from);
  for (let at = from + 200; at <= to; at += 200) told = meter.note((at / 200) * 1e6, 100e6, at);
  return told;
}

test('nothing is told for a second, then the mean and the time that is left', () => {
  const meter = new PaceMeter();
  expect(steady(meter, 0, 800)).toEqual({ loadedBytes: 4e6, totalBytes: 100e6, pace: null });
  expect(meter.note(5e6, 100e6, 1000).pace).toEqual({ bytesPerSecond: 5e6, secondsLeft: 19 });
});

test('it is told anew once a second, whatever comes between', () => {
  const meter = new PaceMeter();
  const { pace } = steady(meter, 0, 2000);
  expect(meter.note(60e6, 100e6, 2100).pace).toBe(pace);
  expect(meter.note(60e6, 100e6, 2999).pace).toBe(pace);
  expect(meter.note(60e6, 100e6, 3000).pace).not.toBe(pace);
});

test('only the last five seconds count, and bytes that were there before do not', () => {
  const meter = new PaceMeter();
  steady(meter, 0, 10_000);
  expect(meter.note(50e6, 100e6, 15_000).pace).toEqual({ bytesPerSecond: 0, secondsLeft: Number.POSITIVE_INFINITY });
  const resumed = new PaceMeter();
  resumed.note(90e6, 100e6, 0);
  expect(resumed.note(91e6, 100e6, 1000).pace).toEqual({ bytesPerSecond: 1e6, secondsLeft: 9 });
});

test.each([
  [3.14e6, 41, '3.1 MB/s, about 40 seconds left'],
  [3e6, 3, '3 MB/s, a few seconds left'],
  [612_300, 57, '612 KB/s, about a minute left'],
  [999_700, 100, '1 MB/s, about 2 minutes left'],
  [4_321, 3 * 3600, '4.3 KB/s, about 3 hours left'],
  [1e5, 3500, '100 KB/s, about an hour left'],
  [0, Number.POSITIVE_INFINITY, 'waiting for data'],
])('%d bytes a second and %d seconds are "%s"', (bytesPerSecond, secondsLeft, text) => {
  expect(paceText({ bytesPerSecond, secondsLeft })).toBe(text);
});
