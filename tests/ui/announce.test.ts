import { expect, test } from 'vitest';
import { POLICY_NAMES } from '../../src/library/models';
import type { GenerationEvent } from '../../src/library/texts';
import { announcement } from '../../src/ui/session/announce';
import { reduce } from '../../src/ui/session/reduce';
import { newSession, type Session } from '../../src/ui/session/session';
import { DEFAULT_SETTINGS, generateSettings } from '../../src/ui/settings/settings';
import { newStory } from '../../src/ui/story/story';

const asked = {
  ...generateSettings(DEFAULT_SETTINGS, {
    blockSizes: [1],
    defaultBlockSize: 1,
    policies: POLICY_NAMES,
    origin: { type: 'embedded' },
    decoding: { policy: 'confidence', threshold: 0.9 },
  }),
  maxTokens: 1000,
};
const story = newStory(asked, { kind: 'Poem', title: 'rain' });

/** Everything announced while these messages came, in order. */
function heard(messages: readonly GenerationEvent[]): string[] {
  const said: string[] = [];
  let session: Session = reduce(newSession(DEFAULT_SETTINGS), { type: 'writing-started', story });
  said.push(session.announced);
  for (const message of messages) {
    session = reduce(session, { type: 'written', message });
    if (session.announced !== said.at(-1)) said.push(session.announced);
  }
  return said;
}

const block = (index: number, text: string): GenerationEvent => ({
  type: 'block',
  block: index,
  tokens: [{ id: 1, text }],
  text,
  nfe: index,
  seconds: index,
});

test('start, a few sentences at a time where blocks are small, and the end: never a token', () => {
  const sentences = Array.from({ length: 30 }, (_, index) => block(index, ` This is sentence number ${index}.`));
  const done: GenerationEvent = { type: 'done', reason: 'length', nfe: 9, seconds: 31.4 };
  const said = heard([{ type: 'started', promptTokens: 1, pinned: [] }, ...sentences, done]);
  expect(said[0]).toBe('Writing a poem: rain.');
  expect(said.at(-1)).toBe('Finished: 150 words in 31 seconds.');
  const paragraphs = said.slice(1, -1);
  expect(paragraphs.length).toBe(10);
  for (const paragraph of paragraphs) expect(paragraph).toMatch(/^This is .{68,100}\.$/);
});

test('a long block is said as it is finished, also in the middle of a sentence', () => {
  const long = Array.from({ length: 20 }, (_, index) => ` word${index}`).join('');
  const said = heard([{ type: 'started', promptTokens: 1, pinned: [] }, block(0, long), block(1, long)]);
  expect(said.slice(1)).toEqual([long.trim()]);
  expect(heard([block(0, ' short and open'), block(1, ' again')]).slice(1)).toEqual([]);
});

test('what no block has completed is said with the end', () => {
  const done: GenerationEvent = { type: 'done', reason: 'length', nfe: 9, seconds: 31.4 };
  const sentence = ' One day the fox, who had seen the kite from far away, came down the hill to look at it.';
  const said = heard([
    { type: 'started', promptTokens: 1, pinned: [] },
    block(0, sentence),
    block(1, ' It was red.'),
    done,
  ]);
  expect(said.slice(1)).toEqual([sentence.trim(), 'It was red. Finished: 23 words in 31 seconds.']);
});

test('nothing new is nothing said', () => {
  expect(announcement(story, story)).toBeNull();
  expect(announcement(null, null)).toBeNull();
  expect(announcement(story, { ...story, seconds: 4 })).toBeNull();
});

test('a stop is said with what there is', () => {
  expect(announcement({ ...story, phase: 'writing' }, { ...story, phase: 'stopped' })).toBe('Stopped after 0 tokens.');
});

test('one is not many', () => {
  const done: GenerationEvent = { type: 'done', reason: 'length', nfe: 1, seconds: 0.4 };
  const said = heard([{ type: 'started', promptTokens: 1, pinned: [] }, block(0, ' Rain'), done]);
  expect(said.at(-1)).toBe('Rain. Finished: 1 word in 1 second.');
});
