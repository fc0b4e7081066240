import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ChatTurn, GenerationEvent } from '../../src/library/texts';
import { createChatTemplate } from '../../src/tokenizer/chat-template';
import { createTokenizer } from '../../src/tokenizer/tokenizer';
import { conversationWithin } from '../../src/worker/conversation-within';
import { openingOf } from '../../src/worker/opening';
import { writeText } from '../../src/worker/write-text';
import { smallBackend } from '../engine/small-model';
import { SETTINGS } from './scripted-model';

const file = (name: string) => readFileSync(new URL(`../fixtures/byte-bpe/${name}`, import.meta.url));
const tokenizer = createTokenizer(400, file('tokenizer.json'), file('tokenizer_config.json'));
const jinja = new TextEncoder().encode('{% for m in messages %}{{ m.role[0] }}: {{ m.content }}\n{% endfor %}a:');
const template = createChatTemplate({ jinja })!;
const backend = smallBackend({ vocabSize: 400, maskId: 399, bosId: 0, contextLength: 64 });
const writer = { backend, tokenizer, template, report: 'reveals', seconds: () => 0 } as const;

const turns = (...contents: string[]): ChatTurn[] =>
  contents.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
const system: ChatTurn = { role: 'system', content: 'Be brief.' };

async function answer(messages: readonly ChatTurn[], change: Partial<typeof SETTINGS> = {}) {
  const settings = { ...SETTINGS, prompt: 'unused', messages, blockSize: 4, maxTokens: 8, ...change };
  const news: GenerationEvent[] = [];
  for await (const each of writeText(writer, () => settings, new AbortController().signal)) news.push(each);
  return news;
}

test('a conversation is answered in the form of the template, without another BOS', async () => {
  const messages = [system, ...turns('a kite', 'the wind', 'and?')];
  const { ids } = openingOf({ prompt: 'unused', messages, after: [] }, writer);
  expect(tokenizer.decode(ids as number[])).toBe('s: Be brief.\nu: a kite\na: the wind\nu: and?\na:');
  expect(ids).not.toContain(0);
  const news = await answer(turns('a kite'));
  expect(news[0]).toMatchObject({ type: 'started', messages: turns('a kite') });
  expect(news.at(-1)).toMatchObject({ type: 'done', reason: 'length' });
});

test('a model without a template says so', () => {
  const bare = { ...writer, template: null };
  const opening = () => openingOf({ prompt: '', messages: turns('?'), after: [] }, bare);
  expect(opening).toThrowError(expect.objectContaining({ code: 'bad-input' }));
});

test('the next turn begins with the ids of the turn before, which the cache keeps', () => {
  const idsOf = (messages: readonly ChatTurn[]) => openingOf({ prompt: '', messages, after: [] }, writer).ids;
  const first = idsOf(turns('a kite and the wind'));
  const next = idsOf(turns('a kite and the wind', ' played.', 'and?'));
  expect(next.slice(0, first.length)).toEqual(first);
});

const letters = (messages: readonly ChatTurn[]) => [...messages.map(({ content }) => content).join('')].map(() => 0);

test.each([
  [99, 'abcde'],
  [5, 'abcde'],
  [4, 'cde'],
  [3, 'cde'],
  [2, 'e'],
  [0, 'e'],
])('with room for %i letters of five, %s stay', (room, expected) => {
  const kept = conversationWithin(turns('a', 'b', 'c', 'd', 'e'), room, letters);
  expect(kept.messages.map(({ content }) => content).join('')).toBe(expected);
});

test('the system turn stays, and what belongs to no question goes with the first', () => {
  const messages: ChatTurn[] = [
    { role: 'system', content: 's' },
    { role: 'assistant', content: 'hello' },
    ...turns('a', 'b', 'c'),
  ];
  const kept = (room: number) => conversationWithin(messages, room, letters).messages.map(({ content }) => content);
  expect(kept(9)).toEqual(['s', 'hello', 'a', 'b', 'c']);
  expect(kept(8)).toEqual(['s', 'c']);
  expect(kept(0)).toEqual(['s', 'c']);
});

test('no question at all is the template to judge', () => {
  expect(conversationWithin([system], 0, letters).messages).toEqual([system]);
  expect(conversationWithin([], 0, letters).messages).toEqual([]);
});

test('the page is told which turns had room', async () => {
  const long = 'the kite and the wind and the rain and the night and the string';
  const messages = [system, ...turns(long, long, 'and?')];
  expect((await answer(messages))[0]).toMatchObject({ messages: [system, messages.at(-1)] });
});
