import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { corpusText, exchangeText } from '../../src/cli/corpus-text';
import type { ModelConfig } from '../../src/network/model-config';
import type { ChatTemplate } from '../../src/tokenizer/chat-template';
import { createTokenizer } from '../../src/tokenizer/tokenizer';
import { SMALL } from '../engine/small-model';

const tokenizer = createTokenizer(400, readFileSync('tests/fixtures/byte-bpe/tokenizer.json'));
const CONFIG: ModelConfig = { ...SMALL, contextLength: 64, bosId: 0, stopIds: [0, 5] };
/** The kite has four bytes, none of which is merged with another. */
const KITE = { kind: 'Poem', title: 'é', text: '🪁 風が吹いて' };
const WHOLE = 'Poem: é\n\n🪁 風が吹いて';

describe('a document as a text to score', () => {
  it('has BOS, head, text and EOS, and the bytes of what is scored', () => {
    const ids = [0, ...tokenizer.encode(WHOLE), 0];
    const bytes = Buffer.byteLength(WHOLE);
    expect(corpusText(KITE, tokenizer, CONFIG, 4)).toEqual({ ids, given: 1, blockSize: 4, bytes });
  });

  it('is cut to the context length, the last token being EOS only where it fits', () => {
    const whole = [0, ...tokenizer.encode(WHOLE), 0];
    for (const contextLength of [whole.length, whole.length - 1]) {
      const { ids, bytes } = corpusText(KITE, tokenizer, { ...CONFIG, contextLength }, 1);
      expect(ids).toEqual(whole.slice(0, contextLength));
      expect(bytes).toBe(Buffer.byteLength(WHOLE));
    }
  });

  it('may be cut within a character: its bytes so far count', () => {
    const head = tokenizer.encode('Poem: é\n\n');
    for (const kiteBytes of [1, 2, 3, 4]) {
      const contextLength = 1 + head.length + kiteBytes;
      const { ids, bytes } = corpusText(KITE, tokenizer, { ...CONFIG, contextLength }, 1);
      expect(ids).toHaveLength(contextLength);
      expect(bytes).toBe(Buffer.byteLength('Poem: é\n\n') + kiteBytes);
    }
  });

  it('is cut to the whole blocks that the context holds', () => {
    expect(corpusText(KITE, tokenizer, { ...CONFIG, contextLength: 10 }, 4).ids).toHaveLength(8);
  });

  it('has its first token given, and not scored, where the model has no BOS', () => {
    const [first, ...others] = tokenizer.encode(WHOLE);
    const { ids, given, bytes } = corpusText(KITE, tokenizer, { ...CONFIG, bosId: null }, 4);
    expect({ ids, given }).toEqual({ ids: [first, ...others, 0], given: 1 });
    expect(bytes).toBe(tokenizer.countBytes(others));
  });

  it('ends with its last token where no id ends a text', () => {
    expect(corpusText(KITE, tokenizer, { ...CONFIG, stopIds: [] }, 4).ids).toEqual([0, ...tokenizer.encode(WHOLE)]);
  });
});

it('an answer is scored after its prompt in the chat template', () => {
  const template: ChatTemplate = { encode: (messages) => tokenizer.encode(`<${messages[0]!.content}>`) };
  const exchange = { prompt: 'A poem?', text: 'Wind.' };
  const { ids, given, bytes } = exchangeText(exchange, tokenizer, template, CONFIG, 4);
  expect(ids).toEqual([...tokenizer.encode('<A poem?>'), ...tokenizer.encode('Wind.'), 0]);
  expect([given, bytes]).toEqual([tokenizer.encode('<A poem?>').length, 5]);
  const small = { ...CONFIG, contextLength: 4 };
  expect(() => exchangeText(exchange, tokenizer, template, small, 4)).toThrowError('leaves no room');
});
