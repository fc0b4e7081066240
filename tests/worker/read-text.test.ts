import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { corpusScore } from '../../src/cli/corpus-score';
import { blockNelbos } from '../../src/engine/nelbo';
import type { ReadEvent, ReadRequest } from '../../src/library/texts';
import { createTokenizer } from '../../src/tokenizer/tokenizer';
import { readText } from '../../src/worker/read-text';
import { smallBackend } from '../engine/small-model';

const file = (name: string) => readFileSync(new URL(`../fixtures/byte-bpe/${name}`, import.meta.url));
const tokenizer = createTokenizer(400, file('tokenizer.json'), file('tokenizer_config.json'));
const backend = smallBackend({ vocabSize: 400, maskId: 399, bosId: 0, blockSizes: [1, 4] });
const REQUEST = {
  before: 'story: A Kite\n\n',
  text: 'The kite flew é.',
  draws: 3,
  seed: 5,
  schedules: [{ from: 0, to: 1 }],
} satisfies ReadRequest;

type Of<Type extends ReadEvent['type']> = Extract<ReadEvent, { type: Type }>;

async function reading(change: Partial<ReadRequest> = {}, on = backend) {
  const all: ReadEvent[] = [];
  const signal = new AbortController().signal;
  const writer = { backend: on, tokenizer, template: null };
  for await (const event of readText(writer, { ...REQUEST, ...change }, signal)) all.push(event);
  const of = <Type extends ReadEvent['type']>(type: Type) =>
    all.filter((event): event is Of<Type> => event.type === type);
  return { all, started: of('read-started')[0]!, tokens: of('read-tokens'), sizes: of('read-size'), of };
}

test('every token of the text has its surprisal, and what stands before has none', async () => {
  const { all, started, tokens } = await reading();
  const ids = tokenizer.encode(REQUEST.text);
  expect(started).toMatchObject({ bytes: 17, blockSizes: [1, 4], windows: 2 });
  expect(started.tokens.map(({ id }) => id)).toEqual(ids);
  expect(tokens.map(({ from }) => from)).toEqual([...ids.keys()]);
  expect(all.at(-1)).toEqual({ type: 'read-done' });
});

test('the tokens have all of the text between them, also where several share a character', async () => {
  const text = '“It’s a café,” said Zoë. 你好 🪁';
  const { started } = await reading({ text });
  expect(started.tokens.map(({ text }) => text).join('')).toBe(text);
  expect(started.tokens.some(({ text }) => text === '')).toBe(true);
});

test('the numbers are those of the command line', async () => {
  const text = 'A kite.';
  const { sizes, tokens } = await reading({ before: '', text });
  const ids = [0, ...tokenizer.encode(text)];
  for (const { blockSize, natsPerToken, perplexity, bitsPerByte } of sizes) {
    let nats = 0;
    const samples = blockSize === 1 ? 1 : 3;
    for await (const block of blockNelbos(
      smallBackend({ ...backend.config }),
      { ids, given: 1, blockSize },
      { samples, seed: 5, textNumber: 0 },
    )) {
      nats += block;
    }
    const score = corpusScore([{ nats, tokens: ids.length - 1, bytes: tokenizer.countBytes(ids.slice(1)) }]);
    expect(natsPerToken).toBeCloseTo(score.natsPerToken, 6);
    expect(perplexity).toBeCloseTo(score.perplexity, 3);
    expect(bitsPerByte).toBeCloseTo(score.bitsPerByte, 6);
  }
  expect(sizes.map(({ standardError }) => standardError === null)).toEqual([true, false]);
  expect(tokens.length).toBe(ids.length - 1);
});

test('the spread is of as many draws as were asked for', async () => {
  const { of } = await reading();
  const [spread, ...others] = of('read-spread');
  expect(others).toEqual([]);
  expect(spread).toMatchObject({ blockSize: 4, schedule: { from: 0, to: 1 } });
  expect(spread!.values).toHaveLength(3);
  expect(spread!.mean).toBeCloseTo(spread!.values.reduce((a, b) => a + b) / 3, 9);
  expect(spread!.deviation).toBeGreaterThan(0);
});

test('a text of nothing is refused', async () => {
  await expect(reading({ text: '' })).rejects.toMatchObject({ code: 'bad-input' });
});
