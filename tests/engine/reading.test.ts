import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend';
import { blockNelbos } from '../../src/engine/nelbo';
import { type ReadingEvent, type ReadingRequest, read, windowsOf } from '../../src/engine/reading';
import { exactNelbo } from '../reference/nelbo';
import { randomWeights } from '../reference/random-weights';
import { smallBackend } from './small-model';

const IDS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
const LINEAR = { from: 0, to: 1 };
const CLIPPED = { from: 0.3, to: 0.8 };
const REQUEST: ReadingRequest = {
  ids: IDS,
  given: 1,
  blockSizes: [1, 2, 4],
  draws: 5,
  seed: 7,
  schedules: [LINEAR, CLIPPED],
};

async function eventsOf(backend: Backend, change: Partial<ReadingRequest> = {}, signal = new AbortController().signal) {
  const all: ReadingEvent[] = [];
  for await (const event of read(backend, { ...REQUEST, ...change }, signal)) all.push(event);
  return all;
}

type Of<Type extends ReadingEvent['type']> = Extract<ReadingEvent, { type: Type }>;
const ofType = <Type extends ReadingEvent['type']>(all: readonly ReadingEvent[], type: Type) =>
  all.filter((event): event is Of<Type> => event.type === type);

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const mean = (numbers: readonly number[]) => sum(numbers) / numbers.length;
const variance = (numbers: readonly number[]) => mean(numbers.map((x) => (x - mean(numbers)) ** 2));

describe('a text', () => {
  it('is read at each block size, exactly at 1, and in as many blocks as it says', async () => {
    const backend = smallBackend();
    const all = await eventsOf(backend);
    const tokens = ofType(all, 'tokens');
    expect(tokens.map(({ from }) => from)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const [atOne, ...bounds] = ofType(all, 'size');
    expect(atOne!.draws).toHaveLength(1);
    expect(atOne!.draws[0]).toBeCloseTo(sum(tokens.flatMap(({ nats }) => nats)), 9);
    const exact = exactNelbo(backend.config, randomWeights(backend.config.network, 11), { ...REQUEST, blockSize: 1 });
    expect(atOne!.draws[0]).toBeCloseTo(exact.nats, 4);
    expect(bounds.map(({ blockSize, draws }) => [blockSize, draws.length])).toEqual([
      [2, 5],
      [4, 5],
    ]);
    const { done, total } = ofType(all, 'progress').at(-1)!;
    expect(done).toBe(total);
    expect(all.at(-1)?.type).toBe('size');
  });

  it('has the bound that the command line prints', async () => {
    const [, , atFour] = ofType(await eventsOf(smallBackend()), 'size');
    const nats: number[] = [];
    const text = { ids: IDS, given: 1, blockSize: 4 };
    for await (const block of blockNelbos(smallBackend(), text, { samples: 5, seed: 7, textNumber: 0 })) {
      nats.push(block);
    }
    expect(mean(atFour!.draws)).toBeCloseTo(sum(nats), 9);
  });

  it('is read the same with the same seed, and otherwise with another', async () => {
    const first = await eventsOf(smallBackend());
    expect(await eventsOf(smallBackend())).toEqual(first);
    expect(await eventsOf(smallBackend(), { seed: 8 })).not.toEqual(first);
  });

  it('is left at the next block once it is cancelled', async () => {
    const abort = new AbortController();
    const all: ReadingEvent[] = [];
    for await (const event of read(smallBackend(), REQUEST, abort.signal)) {
      all.push(event);
      abort.abort();
    }
    expect(all.map(({ type }) => type)).toEqual(['tokens', 'progress']);
  });
});

describe('a schedule', () => {
  it('from 0 to 1 has the bound for its mean, and a clipped one spreads less', async () => {
    const all = await eventsOf(smallBackend(), { blockSizes: [4], draws: 4000 });
    const [linear, clipped] = ofType(all, 'spread');
    const weights = randomWeights(smallBackend().config.network, 11);
    const { nats } = exactNelbo(smallBackend().config, weights, { ...REQUEST, blockSize: 4 });
    const error = Math.sqrt(variance(linear!.draws) / 4000);
    expect(Math.abs(mean(linear!.draws) - nats)).toBeLessThan(4 * error);
    expect(variance(clipped!.draws)).toBeLessThan(variance(linear!.draws) / 2);
  });
});

describe('a text longer than the context', () => {
  const ids = Array.from({ length: 40 }, (_, index) => (index * 5) % 13);

  it.each([1, 2, 4])('is read once, each id after half a context: block size %i', (blockSize) => {
    // The ring of block size 4 has 12 slots.
    const { config } = smallBackend();
    const windows = windowsOf({ ids, given: 1 }, blockSize, config);
    const scored = windows.flatMap(({ from, ids, given }) => [...ids.keys()].slice(given).map((at) => from + at));
    expect(scored).toEqual([...ids.keys()].slice(1));
    for (const { from, ids: part, given } of windows.slice(1)) {
      expect(given).toBeGreaterThanOrEqual(4);
      expect(given % blockSize).toBe(0);
      expect(part).toEqual(ids.slice(from, from + part.length));
      expect(part.length).toBeLessThanOrEqual(13);
    }
  });

  it('tells of every id', async () => {
    const all = await eventsOf(smallBackend(), { ids });
    expect(ofType(all, 'tokens').map(({ from }) => from)).toEqual([...ids.keys()].slice(1));
    const { done, total } = ofType(all, 'progress').at(-1)!;
    expect(done).toBe(total);
  });
});

describe('refuses', () => {
  it.each([
    ['a text with nothing to read', { given: 10 }],
    ['a single draw', { draws: 1 }],
    ['a schedule the wrong way round', { schedules: [{ from: 0.8, to: 0.3 }] }],
    ['a schedule beyond 1', { schedules: [{ from: 0, to: 1.1 }] }],
    ['a seed that is none', { seed: -1 }],
  ])('%s', async (_, change) => {
    await expect(eventsOf(smallBackend(), change)).rejects.toMatchObject({ code: 'bad-input' });
  });
});
