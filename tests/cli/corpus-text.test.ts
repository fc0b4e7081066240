import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CorpusModel, corpusText } from '../../src/cli/corpus-text';
import { createTokenizer } from '../../src/tokenizer/tokenizer';

const tokenizer = createTokenizer(400, readFileSync('tests/fixtures/byte-bpe/tokenizer.json'));
const INFO = { contextLength: 64, bosId: 0, stopIds: [0, 5] };
/** The kite has four bytes, none of which is merged with another. */
const KITE = { kind: 'Poem', title: 'é', text: '🪁 風が吹いて' };
const WHOLE = 'Poem: é\n\n🪁 風が吹いて';
const EXCHANGE = { prompt: 'A poem?', text: 'Wind.' };

/** Its chat template puts a turn into brackets. */
const model = (blockSize: number, info: Partial<CorpusModel['info']> = {}): CorpusModel => ({
  info: { ...INFO, ...info },
  blockSize,
  idsOf: async (text) => {
    if (typeof text === 'string') return tokenizer.encode(text);
    return 'ids' in text ? text.ids : tokenizer.encode(`<${text[0]!.content}>`);
  },
});

/** The ids that are given, and those that are scored. */
async function idsOf(document: Parameters<typeof corpusText>[0], on: CorpusModel) {
  const { before, text } = await corpusText(document, on);
  return [before.ids, text.ids];
}

describe('a document as a text to score', () => {
  it('has BOS, which is given, then head, text and EOS', async () => {
    expect(await idsOf(KITE, model(4))).toEqual([[0], [...tokenizer.encode(WHOLE), 0]]);
  });

  it('is cut to the context length, the last token being EOS only where it fits', async () => {
    const whole = [...tokenizer.encode(WHOLE), 0];
    for (const length of [whole.length, whole.length - 1]) {
      expect(await idsOf(KITE, model(1, { contextLength: length + 1 }))).toEqual([[0], whole.slice(0, length)]);
    }
  });

  it('is cut to the whole blocks that the context holds', async () => {
    const [, scored] = await idsOf(KITE, model(4, { contextLength: 10 }));
    expect(scored).toHaveLength(7);
  });

  it('has its first token given, and not scored, where the model has no BOS', async () => {
    const [first, ...others] = tokenizer.encode(WHOLE);
    expect(await idsOf(KITE, model(4, { bosId: null }))).toEqual([[first], [...others, 0]]);
  });

  it('ends with its last token where no id ends a text', async () => {
    expect(await idsOf(KITE, model(4, { stopIds: [] }))).toEqual([[0], tokenizer.encode(WHOLE)]);
  });
});

describe('an answer', () => {
  it('is scored after its prompt in the chat template', async () => {
    const [given, scored] = await idsOf(EXCHANGE, model(4));
    expect(given).toEqual(tokenizer.encode('<A poem?>'));
    expect(scored).toEqual([...tokenizer.encode('Wind.'), 0]);
  });

  it('must have room, and words', async () => {
    await expect(corpusText(EXCHANGE, model(4, { contextLength: 4 }))).rejects.toThrow('leaves no room');
    await expect(corpusText({ ...EXCHANGE, text: '' }, model(4))).rejects.toThrow('is empty');
  });
});
