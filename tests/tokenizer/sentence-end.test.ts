import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { endsSentence, sentenceEnding } from '../../src/tokenizer/sentence-end';
import { createTokenizer } from '../../src/tokenizer/tokenizer';

const file = (name: string) => readFileSync(new URL(`../fixtures/byte-bpe/${name}`, import.meta.url));
const tokenizer = createTokenizer(400, file('tokenizer.json'), file('tokenizer_config.json'));

describe('a sentence', () => {
  it.each([
    ['The kite flew.', ' Mia ran'],
    ['The kite flew.', ''],
    ['"Where is it?"', ' Mia asked.'],
    ['Look!', '\n\nThe end'],
    ['He was gone…', ''],
    ['It cost 3.50.', ' Then'],
    ['“Yes.”', ' “No.”'],
    ['风筝飞了。', '他笑了'],
  ])('ends after %j before %j', (text, following) => expect(endsSentence(text, following)).toBe(true));

  it.each([
    ['The kite', ' flew.'],
    ['The kite,', ''],
    ['Mr.', ' Fox came'],
    ['He met Mrs. ', 'Hill'],
    ['J.', ' K. Smith'],
    ['It cost 3.', '50 in all'],
    ['"Where is it?"', ' she asked.'],
    ['"Go.', '" He went.'],
    ['', ''],
  ])('does not end after %j before %j', (text, following) => expect(endsSentence(text, following)).toBe(false));
});

describe('a text', () => {
  const before = tokenizer.encode('A kite');
  const block = tokenizer.encode(' flew. Mia ran. Then she');
  const textOf = (end: number | undefined) => (end === undefined ? end : tokenizer.decode(block.slice(0, end)));
  const { place, after } = sentenceEnding(tokenizer, 20);

  it('ends with the last sentence of the block', () => {
    expect(after).toBe(20);
    expect(textOf(place(before, block, 1))).toBe(' flew. Mia ran.');
  });

  it('goes on where no sentence ends after the least', () => {
    const least = tokenizer.encode(' flew. Mia ran.').length;
    expect(textOf(place(before, block, least))).toBe(' flew. Mia ran.');
    expect(place(before, block, least + 1)).toBeUndefined();
  });
});
