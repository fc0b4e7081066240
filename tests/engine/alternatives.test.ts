import { describe, expect, it } from 'vitest';
import { alternatives } from '../../src/engine/alternatives';
import { DEFAULT_DECODING } from '../../src/network/model-config';
import { endOf, events, ofType, SMALL, smallBackend } from './small-model';

const signal = new AbortController().signal;

describe('the alternatives of a place', () => {
  it.each([0, 1.5])('are what it was drawn from, most likely first, at a presence penalty of %f', async (penalty) => {
    const backend = smallBackend({ decoding: { ...DEFAULT_DECODING, presencePenalty: penalty } });
    const promptIds = [1, 2, 3, 4, 5];
    const writtenFrom = promptIds.length;
    const all = await events(backend, { promptIds, maxTokens: 6, policy: { name: 'first-hitting' } });
    const { ids } = endOf(all);
    for (const block of [0, 1]) {
      const before = ids.slice(0, 4 + 4 * block);
      const draft: (number | null)[] = block === 0 ? [5, null, null, null] : [null, null, null, null];
      for (const { reveal } of ofType(all, 'step').filter((step) => step.block === block)) {
        const { position, id, probability } = reveal[0]!;
        const found = await alternatives(
          backend,
          { before, writtenFrom, draft, offset: position },
          SMALL.vocabSize,
          signal,
        );
        expect(found).toHaveLength(SMALL.vocabSize - 1);
        expect(found.find((other) => other.id === id)!.probability).toBeCloseTo(probability, 5);
        expect(found.reduce((sum, other) => sum + other.probability, 0)).toBeCloseTo(1, 5);
        expect(found).toEqual(found.toSorted((a, b) => b.probability - a.probability));
        expect(
          (await alternatives(backend, { before, writtenFrom, draft, offset: position }, 5, signal)).map(
            (one) => one.id,
          ),
        ).toEqual(found.slice(0, 5).map((one) => one.id));
        draft[position] = id;
      }
    }
  });

  it('of a place that is no masked one of a whole block are refused', async () => {
    const of = (before: number[], draft: (number | null)[], offset: number) =>
      alternatives(smallBackend(), { before, writtenFrom: 0, draft, offset }, 5, signal);
    await expect(of([], [null, 2, 3, 4], 1)).rejects.toThrow('Only a masked place');
    await expect(of([], [null, 2, 3, 4], 4)).rejects.toThrow('Only a masked place');
    await expect(of([1], [null, 2, 3, 4], 0)).rejects.toThrow('whole blocks');
    await expect(of([], [null, 2, 3, 4, 5], 0)).rejects.toThrow('block size 5');
  });

  it('a cancel ends the search', async () => {
    const before = Array<number>(20).fill(1);
    expect(
      await alternatives(
        smallBackend(),
        { before, writtenFrom: 0, draft: [null, 2, 3, 4], offset: 0 },
        5,
        AbortSignal.abort(),
      ),
    ).toEqual([]);
  });
});
