import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../../src/tokenizer/tokenizer';

const FIXTURE = new URL('../fixtures/byte-bpe/', import.meta.url);
const file = (name: string) => readFileSync(new URL(name, FIXTURE));
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const json = JSON.parse(file('tokenizer.json').toString()) as Record<string, unknown>;
const oracle = JSON.parse(file('oracle.json').toString()) as { encoded: { text: string; ids: number[] }[] };

const BOS = 0;
const MASK = 399;
const tokenizer = createTokenizer(400, file('tokenizer.json'), file('tokenizer_config.json'));

describe('encode and decode', () => {
  it.each(oracle.encoded)('the ids of the Rust library, and back: $text', ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(text);
  });

  it('text that spells a special token is text', () => {
    const ids = tokenizer.encode('<|mask|><|endoftext|>');
    expect(ids).not.toContain(MASK);
    expect(ids).not.toContain(BOS);
    expect(tokenizer.decode(ids)).toBe('<|mask|><|endoftext|>');
  });

  it('special tokens and ids without a token give no text', () => {
    const ids = tokenizer.encode('kite');
    expect(tokenizer.decode([BOS, ...ids, 12345, MASK])).toBe('kite');
    expect(tokenizer.decode([BOS])).toBe('');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.encode('')).toEqual([]);
  });

  it('leaves out what the vocabulary cannot express', () => {
    const { model } = json as { model: { vocab: Record<string, number> } };
    // The first byte of é, as byte-level vocabularies spell it.
    const vocab = Object.fromEntries(Object.entries(model.vocab).filter(([token]) => !token.includes('Ã')));
    const poorer = createTokenizer(401, bytes({ ...json, model: { ...model, vocab, merges: [] } }));
    expect(poorer.decode(poorer.encode('café'))).toBe('caf�');
  });

  it('the config file may be missing', () => {
    expect(createTokenizer(400, file('tokenizer.json')).decode(tokenizer.encode('a kite , .'))).toBe('a kite , .');
  });
});

describe('bytes', () => {
  it.each(oracle.encoded)('are those of the text, and add up token by token: $text', ({ text, ids }) => {
    expect(tokenizer.countBytes(ids)).toBe(Buffer.byteLength(text));
    expect(ids.reduce((bytes, id) => bytes + tokenizer.countBytes([id]), 0)).toBe(Buffer.byteLength(text));
  });

  it('of a cut within a character are those before it', () => {
    const ids = tokenizer.encode('a🪁b');
    expect(ids.map((_, length) => tokenizer.countBytes(ids.slice(0, length + 1)))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('special tokens and ids without a token have none, an added text has its own', () => {
    const { added_tokens } = json as { added_tokens: object[] };
    const smile = { id: 400, content: '☺', special: false, single_word: false, lstrip: false, rstrip: false };
    const withSmile = createTokenizer(401, bytes({ ...json, added_tokens: [...added_tokens, smile] }));
    expect(withSmile.countBytes([BOS, MASK, 12345])).toBe(0);
    expect(withSmile.countBytes([400])).toBe(3);
  });

  it('are not known of a tokenizer that is not byte-level', () => {
    const other = createTokenizer(401, bytes({ ...json, decoder: { type: 'Fuse' } }));
    expect(() => other.countBytes([5])).toThrowError(
      expect.objectContaining({ code: 'bad-model', message: expect.stringContaining('is not byte-level') }),
    );
    const sequence = createTokenizer(
      401,
      bytes({ ...json, decoder: { type: 'Sequence', decoders: [{ type: 'ByteLevel' }, { type: 'Fuse' }] } }),
    );
    expect(sequence.countBytes(sequence.encode('à'))).toBe(2);
  });
});

describe('the stream', () => {
  it('gives a character with the token that completes it', () => {
    const ids = tokenizer.encode('a🪁b');
    const texts = tokenizer.stream().push(ids);
    expect(texts).toHaveLength(ids.length);
    expect(texts.filter((text) => text !== '')).toEqual(['a', '🪁', 'b']);
    // The kite is four bytes that were never merged: three tokens hold it back.
    expect(texts).toEqual(['a', '', '', '', '🪁', 'b']);
  });

  it.each(oracle.encoded)('is the text, however it is cut: $text', ({ text, ids }) => {
    for (const size of [1, 3, ids.length]) {
      const stream = tokenizer.stream();
      let streamed = '';
      for (let from = 0; from < ids.length; from += size)
        streamed += stream.push(ids.slice(from, from + size)).join('');
      expect(streamed + stream.flush()).toBe(text);
    }
  });

  it('of any ids is what decode makes of them', () => {
    // Mostly bytes in no order: broken characters of every kind.
    const ids = Array.from({ length: 3000 }, (_, index) => (index * index * 7 + index * 31) % 400);
    const stream = tokenizer.stream();
    const texts = stream.push(ids);
    expect(texts.join('') + stream.flush()).toBe(tokenizer.decode(ids));
    expect(texts.filter((text) => text === '').length).toBeLessThan(ids.length / 2);
  });

  it.each(['\ufffd', '\ud800', 'a\ufffd'])('of %j many times is the text, in a time that grows as it does', (one) => {
    const text = one.repeat(4000);
    const ids = tokenizer.encode(text);
    const stream = tokenizer.stream();
    let longest = 0;
    let held = 0;
    const texts = stream.push(ids);
    for (const text of texts) {
      held = text === '' ? held + 1 : 0;
      longest = Math.max(longest, held);
    }
    expect(texts.join('') + stream.flush()).toBe(tokenizer.decode(ids));
    expect(longest).toBeLessThan(8);
  });

  it('a text that ends within a character ends with its sign', () => {
    const stream = tokenizer.stream();
    expect(stream.push(tokenizer.encode('한').slice(0, 1))).toEqual(['']);
    expect(stream.flush()).toBe('�');
    expect(stream.flush()).toBe('');
  });

  it('keeps the space between the tokens of a tokenizer without a decoder', () => {
    const spaced = createTokenizer(401, bytes({ ...json, decoder: null }));
    const { model } = json as { model: { vocab: Record<string, number> } };
    const ids = ['h', 'k', 'it'].map((token) => model.vocab[token]!);
    expect(spaced.stream().push(ids)).toEqual(['h', ' k', ' it']);
  });
});

describe('the tokenizers of others are read', () => {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  const qwen =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });
  const sequence = (regex: string) => ({ type: 'Sequence', pretokenizers: [split(regex), byteLevel] });
  const template = [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];

  it.each([
    ['GPT-2', { post_processor: { ...byteLevel, trim_offsets: true }, truncation: { max_length: 1 }, padding: {} }],
    ['Qwen', { normalizer: { type: 'NFC' }, pre_tokenizer: sequence(qwen), post_processor: byteLevel }],
    [
      'Llama 3',
      {
        pre_tokenizer: sequence(qwen.replace('p{N}|', 'p{N}{1,3}|')),
        post_processor: { type: 'Sequence', processors: [byteLevel, { type: 'TemplateProcessing', single: template }] },
      },
    ],
  ])('%s', (_, parts) => {
    const model = json.model as { merges: (string | string[])[] };
    const merges = model.merges.map((merge) => (typeof merge === 'string' ? merge.split(' ') : merge));
    const text = "It's 2026:\n\n  a kite\t, ÉMILE'S 風 🪁  ";
    for (const written of [
      json.model,
      { ...model, merges },
      { ...model, merges: merges.map((merge) => merge.join(' ')) },
    ]) {
      const other = createTokenizer(400, bytes({ ...json, ...parts, model: written }));
      expect(other.decode(other.encode(text))).toBe(text);
      expect(other.encode(text)).not.toContain(BOS);
    }
  });
});

describe('files that cannot be used', () => {
  it.each([
    ['no JSON', new TextEncoder().encode('{')],
    ['no object', bytes([])],
    ['broken UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['nothing in it', bytes({})],
    ['no model', bytes({ ...json, model: undefined })],
    ['a model without a vocabulary', bytes({ ...json, model: { type: 'BPE', merges: [] } })],
    ['a model of an unknown kind', bytes({ ...json, model: { type: 'Oracle' } })],
    ['merges that are no list', bytes({ ...json, model: { type: 'BPE', vocab: {}, merges: 7 } })],
    ['added tokens that are no list', bytes({ ...json, added_tokens: 'none' })],
    ['added tokens that are nothing', bytes({ ...json, added_tokens: [null] })],
    ['an unknown decoder', bytes({ ...json, decoder: { type: 'Oracle' } })],
  ])('%s', (_, tokenizerJson) => {
    expect(() => createTokenizer(400, tokenizerJson)).toThrowError(
      expect.objectContaining({
        code: 'bad-model',
        message: expect.stringMatching(/^tokenizer\.json cannot be used: .+\. Get the model's tokenizer/),
      }),
    );
  });

  it('a config that is no object', () => {
    expect(() => createTokenizer(400, file('tokenizer.json'), bytes('x'))).toThrow(
      "tokenizer_config.json cannot be used: it is not a JSON object. Get the model's tokenizer again.",
    );
  });
});
