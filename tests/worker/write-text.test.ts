import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { GenerationEvent } from '../../src/library/texts';
import { createTokenizer } from '../../src/tokenizer/tokenizer';
import { type RacerEvent, raceTexts } from '../../src/worker/race-texts';
import { writeText } from '../../src/worker/write-text';
import { smallBackend } from '../engine/small-model';
import { SETTINGS } from './scripted-model';

const file = (name: string) => readFileSync(new URL(`../fixtures/byte-bpe/${name}`, import.meta.url));
const tokenizer = createTokenizer(400, file('tokenizer.json'), file('tokenizer_config.json'));

/** Random weights over a byte-level vocabulary: most of its characters come in parts. */
const backend = smallBackend({ vocabSize: 400, maskId: 399, bosId: 0 });

type Of<Type extends GenerationEvent['type']> = Extract<GenerationEvent, { type: Type }>;

const seconds = () => performance.now() / 1000;
const writer = { backend, tokenizer, template: null, report: 'reveals', seconds } as const;
const settingsWith = (change: Partial<typeof SETTINGS>) => ({ ...SETTINGS, blockSize: 4, ...change });

async function write(change: Partial<typeof SETTINGS>, signal = new AbortController().signal) {
  const settings = settingsWith(change);
  return told(writeText(writer, () => settings, signal));
}

async function told(writing: AsyncIterable<GenerationEvent>) {
  const all: GenerationEvent[] = [];
  for await (const event of writing) all.push(event);
  const of = <Type extends GenerationEvent['type']>(type: Type) =>
    all.filter((event): event is Of<Type> => event.type === type);
  return { all, started: of('started'), steps: of('step'), blocks: of('block'), done: of('done') };
}

test('BOS precedes the prompt, whose remainder is pinned in the first block', async () => {
  const prompt = 'The lost kite flew.';
  const ids = [0, ...tokenizer.encode(prompt)];
  const { started, blocks } = await write({ prompt });
  expect(ids.length % 4).not.toBe(0);
  expect(started[0]?.promptTokens).toBe(ids.length);
  const pinned = ids.slice(ids.length - (ids.length % 4));
  expect(started[0]?.pinned.map((token) => token?.id)).toEqual(pinned);
  expect(blocks[0]?.tokens.slice(0, pinned.length).map(({ id }) => id)).toEqual(pinned);
});

test('of a prompt longer than the context its end is read, and all of it is counted', async () => {
  const { contextLength } = backend.config;
  const promptIds = Array.from({ length: contextLength + 30 }, (_, index) => 1 + (index % 300));
  const long = await write({ promptIds });
  const end = await write({ promptIds: promptIds.slice(-contextLength) });
  expect(long.started[0]?.promptTokens).toBe(promptIds.length);
  expect(end.started[0]?.promptTokens).toBe(contextLength);
  expect(textOf(long.blocks)).toEqual(textOf(end.blocks));
  // One pass reads it, and no block of it takes another.
  expect(long.steps[0]?.nfe).toBe(2);
});

test('the blocks together are the text of all ids, characters in parts made whole', async () => {
  const { blocks, done } = await write({ prompt: 'é', maxTokens: 60 });
  const tokens = blocks.flatMap((block) => block.tokens);
  const whole = tokenizer.decode(tokens.map(({ id }) => id)).replace(/\ufffd+$/, '');
  expect(tokens.some(({ text }) => text === '')).toBe(true);
  expect(whole.startsWith(tokens.map(({ text }) => text).join(''))).toBe(true);
  expect(tokens.map(({ text }) => text).join('').length).toBeGreaterThan(whole.length - 4);
  expect(done).toMatchObject([{ reason: 'length' }]);
});

test('a revealed token has a text of its own, none for a part of a character', async () => {
  const { steps } = await write({ prompt: '', maxTokens: 40 });
  const revealed = steps.flatMap(({ reveal }) => reveal);
  expect(revealed.length).toBeGreaterThanOrEqual(40);
  for (const { id, text, probability } of revealed) {
    const alone = tokenizer.decode([id]);
    expect(text).toBe(alone.endsWith('\ufffd') ? '' : alone);
    expect(probability).toBeGreaterThan(0);
  }
});

test('the policy has its parameter: a wide entropy bound uncovers each block in one pass', async () => {
  const passes = async (entropyBound: number) =>
    (await write({ policy: 'entropy', entropyBound, maxTokens: 12 })).done[0]!.nfe;
  expect(await passes(1e6)).toBeLessThan(await passes(0));
});

test('time and passes only grow', async () => {
  const { all } = await write({ maxTokens: 12 });
  const counted = all.flatMap((event) => ('nfe' in event ? [event] : []));
  for (const [index, { nfe, seconds }] of counted.slice(1).entries()) {
    expect(nfe).toBeGreaterThanOrEqual(counted[index]!.nfe);
    expect(seconds).toBeGreaterThanOrEqual(counted[index]!.seconds);
  }
});

test('an abort ends it without done', async () => {
  const controller = new AbortController();
  controller.abort();
  const { all } = await write({}, controller.signal);
  expect(all.map(({ type }) => type)).toEqual(['started']);
});

test.each([{ blockSize: 5 }, { temperature: -1 }, { maxTokens: 0 }, { seed: 0.5 }])(
  '%o is bad-input',
  async (change) => {
    await expect(write(change)).rejects.toMatchObject({ code: 'bad-input' });
  },
);

const textOf = (blocks: readonly Of<'block'>[]) => blocks.flatMap(({ tokens }) => tokens.map(({ id }) => id));

test('a text goes on after what it already has, and fills its gaps', async () => {
  const { blocks: whole } = await write({ maxTokens: 20 });
  const promptIds = [0, ...tokenizer.encode(SETTINGS.prompt)];
  const pinned = promptIds.length % 4;
  const ids = textOf(whole).slice(pinned);
  const after: (number | null)[] = ids.slice(0, 11 - pinned);
  const gap = after.length - 2;
  after[gap] = null;
  const { started, blocks, done } = await write({ after, maxTokens: 5 });
  const open = (promptIds.length + gap) % 4;
  expect(started[0]).toMatchObject({ promptTokens: promptIds.length });
  expect(started[0]!.pinned[open]).toBeNull();
  expect(started[0]!.pinned.filter((token) => token === null)).toHaveLength(1);
  const first = blocks[0]!.tokens.map(({ id }) => id);
  for (const [offset, token] of started[0]!.pinned.entries()) if (token) expect(first[offset]).toBe(token.id);
  const length = promptIds.length + after.length + 5;
  const before = promptIds.length + after.length - started[0]!.pinned.length;
  expect(before + textOf(blocks).length).toBe(length);
  expect(done).toMatchObject([{ reason: 'length' }]);
});

test('changed settings take effect with the next block, and the text keeps its length', async () => {
  let settings = settingsWith({ maxTokens: 20 });
  const seen: GenerationEvent[] = [];
  const writing = async function* () {
    for await (const event of writeText(writer, () => settings, new AbortController().signal)) {
      seen.push(event);
      if (event.type === 'step' && event.block === 1)
        settings = settingsWith({ blockSize: 2, maxTokens: 24, after: [1] });
      yield event;
    }
  };
  const { all, blocks, done } = await told(writing());
  const at = all.findIndex(({ type }) => type === 'changed');
  expect(all[at - 1]).toMatchObject({ type: 'block', block: 1 });
  expect(all[at]).toMatchObject({ settings: { blockSize: 2 }, pinned: [] });
  expect(all[at + 1]).toMatchObject({ type: 'step', block: 2, step: 0 });
  expect(blocks.map(({ block }) => block)).toEqual(blocks.map((_, index) => index));
  expect(blocks.map(({ tokens }) => tokens.length).slice(0, 3)).toEqual([4, 4, 2]);
  const pinned = (1 + tokenizer.encode(SETTINGS.prompt).length) % 4;
  expect(textOf(blocks)).toHaveLength(pinned + 24);
  const counts = all.flatMap((event) => ('nfe' in event ? [event.nfe] : []));
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(done).toHaveLength(1);
});

test('a change to a length that is already there ends the text', async () => {
  let settings = settingsWith({ maxTokens: 20 });
  const signal = new AbortController().signal;
  const events: GenerationEvent[] = [];
  for await (const one of writeText(writer, () => settings, signal)) {
    events.push(one);
    settings = settingsWith({ maxTokens: 1 });
  }
  expect(events.filter(({ type }) => type === 'block')).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'length' });
});

test('a change that the model cannot meet is told, after the block that it came in', async () => {
  let settings = settingsWith({ maxTokens: 20 });
  const writing = async () => {
    for await (const _ of writeText(writer, () => settings, new AbortController().signal)) {
      settings = settingsWith({ blockSize: 5 });
    }
  };
  await expect(writing()).rejects.toMatchObject({ code: 'bad-input', message: /block size 5/ });
});

test('racers write what they would write alone, in turns by the time they had', async () => {
  const asked = [settingsWith({ maxTokens: 12 }), settingsWith({ maxTokens: 12, blockSize: 1 })];
  const alone: number[][] = [];
  for (const settings of asked) alone.push(textOf((await write(settings)).blocks));
  const writers = [writer, { ...writer, backend: await backend.fork() }];
  const events: RacerEvent[] = [];
  for await (const one of raceTexts(writers, asked, new AbortController().signal)) events.push(one);
  for (const racer of [0, 1]) {
    const mine = events.filter((one) => one.racer === racer).map((one) => one.event);
    expect(textOf(mine.filter((one) => one.type === 'block'))).toEqual(alone[racer]);
    expect(mine.at(-1)?.type).toBe('done');
    const seconds = mine.flatMap((one) => ('seconds' in one ? [one.seconds] : []));
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  }
  // Neither waits for the other's end.
  const order = events.map(({ racer }) => racer);
  expect(order.lastIndexOf(0)).toBeGreaterThan(order.indexOf(1));
  expect(order.lastIndexOf(1)).toBeGreaterThan(order.indexOf(0));
  expect(order.slice(0, Math.min(order.lastIndexOf(0), order.lastIndexOf(1))).join('')).toMatch(/01.*10|10.*01/);
});

test('a race ends when it is cancelled', async () => {
  const abort = new AbortController();
  const writers = [writer, { ...writer, backend: await backend.fork() }];
  let count = 0;
  for await (const _ of raceTexts(
    writers,
    [settingsWith({ maxTokens: 500 }), settingsWith({ maxTokens: 500 })],
    abort.signal,
  )) {
    count++;
    if (count === 10) abort.abort();
  }
  expect(count).toBeLessThan(20);
});

test('guesses have texts, and change nothing of the text', async () => {
  const settings = settingsWith({ policy: 'first-hitting', maxTokens: 12 });
  const signal = new AbortController().signal;
  const plain = await told(writeText(writer, () => settings, signal));
  const { steps, blocks } = await told(writeText({ ...writer, report: 'guesses' }, () => settings, signal));
  expect(textOf(blocks)).toEqual(textOf(plain.blocks));
  expect(plain.steps.every(({ guesses }) => guesses === undefined)).toBe(true);
  const guesses = steps.flatMap(({ guesses = [] }) => guesses);
  expect(guesses.length).toBeGreaterThan(0);
  for (const { id, text, drawn } of guesses) {
    const alone = tokenizer.decode([id]);
    expect(text).toBe(alone.endsWith('\ufffd') ? '' : alone);
    expect(drawn).toBeNull();
  }
});

test('a text that may end at a sentence has its tokens, and at most 32 more', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const asked = { prompt: '', maxTokens: 9, seed } as const;
    // BOS is the first of them.
    const exact = textOf((await write(asked)).blocks);
    const { blocks, done } = await write({ ...asked, ending: 'sentence' });
    const ids = textOf(blocks);
    expect(exact).toHaveLength(1 + 9);
    expect(ids.slice(0, 10)).toEqual(exact);
    expect(ids.length).toBeLessThanOrEqual(1 + 9 + 32);
    if (ids.length < 42) expect(tokenizer.decode(ids)).toMatch(/[.!?…。！？]["'”’»)\]*_]*\s*$/u);
    expect(done).toMatchObject([{ reason: 'length' }]);
  }
});

test('what is written anew within a text ends with its block', async () => {
  const { blocks: whole } = await write({ prompt: '', maxTokens: 7 });
  const after = [...textOf(whole).slice(0, 6), null];
  const { blocks } = await write({ prompt: '', after, maxTokens: 0, ending: 'sentence' });
  expect(textOf(blocks).length).toBeLessThanOrEqual(4);
});

test.each(['kite\ufffd', 'kite \ufffd\ufffd', 'a\ud800', '\ufffd'.repeat(7)])(
  'a prompt that ends with %j is told once',
  async (prompt) => {
    const { started, blocks } = await write({ prompt, maxTokens: 9 });
    const { promptTokens, pinned } = started[0]!;
    expect(pinned.length).toBe(Math.min(promptTokens, backend.config.contextLength) % 4);
    const tokens = blocks.flatMap(({ tokens }) => tokens).slice(pinned.length);
    const whole = tokenizer.decode(tokens.map(({ id }) => id));
    expect(whole.startsWith(tokens.map(({ text }) => text).join(''))).toBe(true);
  },
);
