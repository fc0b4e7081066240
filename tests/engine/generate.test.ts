import { describe, expect, it } from 'vitest';
import { generate } from '../../src/engine/generate';
import type { GenerationEvent, GenerationRequest } from '../../src/engine/generation';
import { DEFAULT_DECODING } from '../../src/network/model-config';
import { endOf, events, ofType, REQUEST, SMALL, smallBackend } from './small-model';

/** 21 ids: five blocks of 4 and one more; the ring of block size 4 has 12 slots. */
const LONG_PROMPT = Array.from({ length: 21 }, (_, index) => (index * 5) % 13);

describe('the course of a generation', () => {
  it('start, then per block its steps and the block, then the end', async () => {
    const backend = smallBackend();
    const all = await events(backend);
    const step = (block: number) => [0, 1, 2, 3].map((step) => ({ type: 'step', block, step }));
    expect(all).toMatchObject([
      { type: 'start', pinned: [], blockSize: 4 },
      ...step(0),
      { type: 'block', block: 0 },
      ...step(1),
      { type: 'block', block: 1 },
      { type: 'end', reason: 'length' },
    ]);
    expect(backend.calls.filter((call) => !call.startsWith('denoise'))).toEqual(['begin 4', 'commit']);
  });

  it('every token is revealed once, and the blocks are what was revealed', async () => {
    const all = await events(smallBackend(), { policy: { name: 'confidence', steps: 3 } });
    for (const { block, ids } of ofType(all, 'block')) {
      const reveal = ofType(all, 'step').flatMap((step) => (step.block === block ? step.reveal : []));
      expect(reveal.map(({ position }) => position).toSorted()).toEqual([0, 1, 2, 3]);
      expect(ids).toEqual(reveal.toSorted((a, b) => a.position - b.position).map(({ id }) => id));
    }
    expect(endOf(all).ids).toEqual(ofType(all, 'block').flatMap(({ ids }) => ids));
    expect(endOf(all).ids).not.toContain(SMALL.maskId);
  });

  it('counts every pass that ran, and no other', async () => {
    for (const promptIds of [[], LONG_PROMPT]) {
      for (const policy of [{ name: 'ancestral', steps: 4 } as const, { name: 'confidence', steps: 2 } as const]) {
        const backend = smallBackend();
        const all = await events(backend, { promptIds, policy, maxTokens: 11 });
        expect(endOf(all).nfe).toBe(backend.calls.length - 1);
        const counts = all.flatMap((event) => ('nfe' in event ? [event.nfe] : []));
        expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      }
    }
  });

  it('the same request gives the same events, another seed others', async () => {
    const backend = smallBackend();
    const first = await events(backend);
    expect(await events(backend)).toEqual(first);
    expect(await events(backend, { sampling: { ...REQUEST.sampling, seed: 4 } })).not.toEqual(first);
  });

  it('the presence penalty counts what was written, in one go or in two, and not the prompt', async () => {
    const promptIds = LONG_PROMPT.slice(0, 6);
    const greedy = { promptIds, sampling: { temperature: 0, topP: 1, seed: 0 }, blockSize: 1 };
    const ids = async (presencePenalty: number, change: Partial<GenerationRequest>) => {
      const backend = smallBackend({ decoding: { ...DEFAULT_DECODING, presencePenalty } });
      return endOf(await events(backend, { ...greedy, ...change })).ids;
    };
    const whole = await ids(2, { maxTokens: 9 });
    const written = whole.slice(6);
    const plain = (await ids(0, { maxTokens: 9 })).slice(6);
    expect(new Set(written).size).toBeGreaterThan(new Set(plain).size);
    // Nothing was written before the first token.
    expect(written[0]).toBe(plain[0]);
    const half = whole.slice(0, 11);
    expect(await ids(2, { promptIds: half, writtenFrom: 6, maxTokens: 4 })).toEqual(whole);
    expect(await ids(2, { promptIds: half, maxTokens: 4 })).not.toEqual(whole);
  });

  it('every pass has its own number, so that a position that is drawn again is drawn anew', async () => {
    const backend = smallBackend();
    await events(backend, { policy: { name: 'confidence', steps: 3 }, promptIds: LONG_PROMPT, maxTokens: 11 });
    expect(backend.passes).toHaveLength(9);
    expect(new Set(backend.passes).size).toBe(9);
  });

  it('every draw has its own random number: a long text does not repeat itself', async () => {
    // Block size 1 and a context of 1: but for the random numbers each pass would be the same.
    const backend = smallBackend({ contextLength: 1, blockSizes: [1], defaultBlockSize: 1 });
    const { ids } = endOf(await events(backend, { blockSize: 1, maxTokens: 40 }));
    expect(new Set(ids).size).toBeGreaterThan(4);
  });
});

describe('the prompt', () => {
  it('its whole blocks are prefilled, and its remainder is pinned in the first block', async () => {
    const backend = smallBackend();
    const promptIds = [1, 2, 3, 4, 5, 6];
    const all = await events(backend, { promptIds, maxTokens: 4 });
    expect(backend.calls.slice(0, 2)).toEqual(['begin 4', 'prefill 4']);
    expect(all[0]).toEqual({ type: 'start', pinned: [5, 6], blockSize: 4 });
    const revealed = ofType(all, 'step').flatMap(({ block, reveal }) =>
      reveal.map(({ position }) => [block, position]),
    );
    expect(revealed.toSorted()).toEqual([
      [0, 2],
      [0, 3],
      [1, 0],
      [1, 1],
      [1, 2],
      [1, 3],
    ]);
    expect(ofType(all, 'block').map(({ ids }) => ids.length)).toEqual([4, 2]);
    expect(ofType(all, 'block')[0]!.ids.slice(0, 2)).toEqual([5, 6]);
    expect(endOf(all).ids).toHaveLength(10);
    expect(endOf(all).ids.slice(0, 6)).toEqual(promptIds);
  });

  it('of whole blocks leaves nothing to pin', async () => {
    const backend = smallBackend();
    const [start] = await events(backend, { promptIds: LONG_PROMPT.slice(0, 12), maxTokens: 1 });
    expect(start).toEqual({ type: 'start', pinned: [], blockSize: 4 });
    expect(backend.calls.slice(0, 3)).toEqual(['begin 4', 'prefill 12', 'denoise 2']);
  });

  it('longer than the ring goes on block by block', async () => {
    const backend = smallBackend();
    const all = await events(backend, { promptIds: LONG_PROMPT, maxTokens: 3 });
    expect(backend.calls.slice(0, 4)).toEqual(['begin 4', 'prefill 12', 'commit', 'commit']);
    expect(ofType(all, 'step')[0]!.nfe).toBe(4);
    expect(endOf(all).ids).toHaveLength(24);
  });

  it('shorter than a block needs no prefill', async () => {
    const backend = smallBackend();
    await events(backend, { promptIds: [7], maxTokens: 1 });
    expect(backend.calls[1]).toMatch(/^denoise/);
  });
});

describe('a prompt with gaps', () => {
  const promptIds = [1, 2, 3, 4, null, 6, null, 8];

  it('is written around what it has, and goes on from there', async () => {
    const backend = smallBackend();
    const all = await events(backend, { promptIds, maxTokens: 3 });
    expect(backend.calls.slice(0, 2)).toEqual(['begin 4', 'prefill 4']);
    expect(all[0]).toEqual({ type: 'start', pinned: [null, 6, null, 8], blockSize: 4 });
    const places = ofType(all, 'step').flatMap(({ block, reveal }) => (block === 0 ? reveal : []));
    expect(places.map(({ position }) => position).toSorted()).toEqual([0, 2]);
    const { ids } = endOf(all);
    expect(ids.map((id, place) => (promptIds[place] === null ? null : id)).slice(0, 8)).toEqual(promptIds);
    expect(ids).toHaveLength(11);
    expect(ids).not.toContain(SMALL.maskId);
  });

  it('sees both sides of a gap: other ids after it make another text of it', async () => {
    const greedy = { temperature: 0, topP: 1, seed: 0 };
    const filled = async (last: number) => {
      const all = await events(smallBackend(), { promptIds: [null, last, last, last], maxTokens: 0, sampling: greedy });
      return endOf(all).ids[0];
    };
    expect(new Set(await Promise.all([1, 2, 3, 4, 5, 6].map(filled))).size).toBeGreaterThan(1);
  });

  it('may ask for nothing after it', async () => {
    const all = await events(smallBackend(), { promptIds, maxTokens: 0 });
    expect(endOf(all)).toMatchObject({ reason: 'length' });
    expect(endOf(all).ids).toHaveLength(8);
  });

  it('EOS ends it only where it was written', async () => {
    const eosId = 8;
    expect(endOf(await events(smallBackend({ stopIds: [eosId] }), { promptIds, maxTokens: 2 })).reason).toBe('length');
    const open = endOf(await events(smallBackend(), { promptIds, maxTokens: 2 })).ids;
    const cut = endOf(await events(smallBackend({ stopIds: [open[4]!] }), { promptIds, maxTokens: 2 }));
    expect(cut).toMatchObject({ reason: 'eos', ids: open.slice(0, 5) });
  });

  it('a cancel before its block is done keeps what comes before the first gap', async () => {
    const all = await events(smallBackend(), { promptIds: [1, 2, 3, 4, 5, null, 7] }, AbortSignal.abort());
    expect(endOf(all).ids).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('the end', () => {
  it.each([1, 3, 4, 5])('after %i tokens, the block being denoised whole and then cut', async (maxTokens) => {
    const all = await events(smallBackend(), { maxTokens });
    expect(endOf(all)).toMatchObject({ reason: 'length' });
    expect(endOf(all).ids).toHaveLength(maxTokens);
    expect(ofType(all, 'block').flatMap(({ ids }) => ids)).toHaveLength(maxTokens);
    expect(ofType(all, 'step')).toHaveLength(4 * Math.ceil(maxTokens / 4));
    const longer = await events(smallBackend(), { maxTokens: 8 });
    expect(endOf(longer).ids.slice(0, maxTokens)).toEqual(endOf(all).ids);
  });

  it('after EOS, which is the last id', async () => {
    const promptIds = [1, 2, 3, 4, 5];
    const open = endOf(await events(smallBackend(), { promptIds, maxTokens: 40 })).ids;
    // A token that is first written in the middle of a block stands in for EOS.
    const at = open.findIndex((id, index) => index > 9 && index % 4 === 2 && open.indexOf(id, 5) === index);
    expect(at).toBeGreaterThan(0);
    const all = await events(smallBackend({ stopIds: [open[at]!] }), { promptIds, maxTokens: 40 });
    expect(endOf(all)).toMatchObject({ reason: 'eos', ids: open.slice(0, at + 1) });
    expect(ofType(all, 'block').at(-1)!.ids).toHaveLength(3);

    const cut = await events(smallBackend({ stopIds: [open[at]!] }), { promptIds, maxTokens: at - 5 });
    expect(endOf(cut)).toMatchObject({ reason: 'length', ids: open.slice(0, at) });
  });

  it('EOS in the prompt does not end the text, not even pinned', async () => {
    const eosId = 9;
    const all = await events(smallBackend({ stopIds: [eosId] }), { maxTokens: 1, promptIds: [eosId, 1, 2, 3, eosId] });
    expect(endOf(all).reason).toBe('length');
    expect(endOf(all).ids).toHaveLength(6);
    expect(endOf(all).ids[5]).not.toBe(eosId);
  });
});

describe('a cancel', () => {
  async function cancelledAfter(count: number): Promise<{ all: GenerationEvent[]; passes: number }> {
    const abort = new AbortController();
    const backend = smallBackend();
    const all: GenerationEvent[] = [];
    for await (const event of generate(backend, { ...REQUEST, maxTokens: 100 }, abort.signal)) {
      all.push(event);
      if (all.length === count) abort.abort();
    }
    return { all, passes: backend.calls.length - 1 };
  }

  it('between events ends it without another pass', async () => {
    const { all, passes } = await cancelledAfter(3);
    expect(all.slice(3)).toEqual([{ type: 'end', reason: 'cancelled', ids: [], nfe: 2 }]);
    expect(passes).toBe(2);
  });

  it('keeps the blocks that were finished', async () => {
    const { all } = await cancelledAfter(8);
    const [block] = ofType(all, 'block');
    expect(all.slice(8)).toEqual([{ type: 'end', reason: 'cancelled', ids: block!.ids, nfe: 7 }]);
  });

  it('before the start runs no pass', async () => {
    const backend = smallBackend();
    const all = await events(backend, { promptIds: LONG_PROMPT }, AbortSignal.abort());
    expect(all.map(({ type }) => type)).toEqual(['start', 'end']);
    expect(endOf(all)).toEqual({ type: 'end', reason: 'cancelled', ids: LONG_PROMPT, nfe: 0 });
  });

  it('during a pass ends after this pass', async () => {
    const abort = new AbortController();
    const backend = smallBackend();
    const running = events(backend, {}, abort.signal);
    while (backend.calls.length < 3) await Promise.resolve();
    abort.abort();
    expect(endOf(await running)).toMatchObject({ reason: 'cancelled', nfe: 2 });
    expect(backend.calls).toHaveLength(3);
  });

  it('comes in during a long prompt', async () => {
    const abort = new AbortController();
    const backend = smallBackend();
    setTimeout(() => abort.abort());
    const all = await events(backend, { promptIds: [...LONG_PROMPT, ...LONG_PROMPT] }, abort.signal);
    expect(endOf(all).reason).toBe('cancelled');
    expect(backend.calls.length).toBeLessThan(6);
  });
});

describe('an ending', () => {
  const promptIds = [1, 2, 3, 4, 5];
  const at = (place: (before: readonly number[], block: readonly number[], least: number) => number | undefined) => ({
    promptIds,
    maxTokens: 12,
    ending: { after: 5, place },
  });

  it('is asked for in each block that reaches so many tokens, with what may be kept', async () => {
    const asked: [before: number, block: number, least: number][] = [];
    const all = await events(
      smallBackend(),
      at((before, block, least) => {
        asked.push([before.length, block.length, least]);
        return undefined;
      }),
    );
    // Five ids of a prompt and five tokens: the second block must have two of them. The last has room for one.
    expect(asked).toEqual([
      [8, 4, 2],
      [12, 4, 1],
      [16, 1, 1],
    ]);
    expect(endOf(all)).toMatchObject({ reason: 'length' });
    expect(endOf(all).ids).toHaveLength(17);
  });

  it('ends the text within a block, without another pass', async () => {
    const backend = smallBackend();
    const whole = endOf(await events(backend, { promptIds, maxTokens: 12 })).ids;
    const all = await events(
      backend,
      at(() => 3),
    );
    expect(endOf(all)).toMatchObject({ reason: 'length', ids: whole.slice(0, 8 + 3) });
    expect(ofType(all, 'block').at(-1)!.ids).toHaveLength(3);
    expect(backend.calls.at(-1)).toMatch(/^denoise/);
  });

  it('gives way to a stop id', async () => {
    const whole = endOf(await events(smallBackend(), { promptIds, maxTokens: 12 })).ids;
    const stop = smallBackend({ stopIds: [whole[9]!] });
    expect(
      endOf(
        await events(
          stop,
          at(() => 4),
        ),
      ),
    ).toMatchObject({ reason: 'eos' });
  });
});
