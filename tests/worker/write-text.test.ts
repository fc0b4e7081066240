import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTokenizer } from '../../src/tokenizer/tokenizer';
import type { GenerationNews } from '../../src/worker/loaded-model';
import { writeText } from '../../src/worker/write-text';
import { smallBackend } from '../engine/small-model';
import { SETTINGS } from './scripted-model';

const file = (name: string) => readFileSync(new URL(`../fixtures/byte-bpe/${name}`, import.meta.url));
const tokenizer = createTokenizer(file('tokenizer.json'), file('tokenizer_config.json'));

/** Random weights over a byte-level vocabulary: most of its characters come in parts. */
const backend = smallBackend({ vocabSize: 400, maskId: 399, bosId: 0 });

type Of<Type extends GenerationNews['type']> = Extract<GenerationNews, { type: Type }>;

async function write(change: Partial<typeof SETTINGS>, signal = new AbortController().signal) {
  const all: GenerationNews[] = [];
  for await (const news of writeText(backend, tokenizer, { ...SETTINGS, blockSize: 4, ...change }, signal))
    all.push(news);
  const of = <Type extends GenerationNews['type']>(type: Type) =>
    all.filter((news): news is Of<Type> => news.type === type);
  return { all, started: of('started'), steps: of('step'), blocks: of('block'), done: of('done') };
}

test('BOS precedes the prompt, whose remainder is pinned in the first block', async () => {
  const prompt = 'The lost kite flew.';
  const ids = [0, ...tokenizer.encode(prompt)];
  const { started, blocks } = await write({ prompt });
  expect(ids.length % 4).not.toBe(0);
  expect(started[0]?.promptTokens).toBe(ids.length);
  const pinned = ids.slice(ids.length - (ids.length % 4));
  expect(started[0]?.pinned.map(({ id }) => id)).toEqual(pinned);
  expect(blocks[0]?.tokens.slice(0, pinned.length).map(({ id }) => id)).toEqual(pinned);
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
  const counted = all.flatMap((news) => (news.type === 'started' ? [] : [news]));
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
