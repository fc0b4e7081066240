import { expect, test } from 'vitest';
import type { GenerateSettings, GenerationEvent } from '../../src/library/texts';
import {
  continueStory,
  endStory,
  idsAfterPrompt,
  newStory,
  newStoryAfter,
  type Story,
  textOf,
  tokensWritten,
  wholeText,
} from '../../src/ui/story/story';

const SETTINGS: GenerateSettings = {
  prompt: 'Poem: rain\n\n',
  after: [],
  blockSize: 4,
  maxTokens: 6,
  policy: 'confidence',
  steps: 2,
  threshold: 0.9,
  entropyBound: 0.5,
  temperature: 1,
  topP: 1,
  seed: 1,
};
const started: Extract<GenerationEvent, { type: 'started' }> = {
  type: 'started',
  promptTokens: 5,
  pinned: [{ id: 9, text: '\n\n' }],
};
const step = (block: number, index: number, positions: number[]): GenerationEvent => ({
  type: 'step',
  block,
  step: index,
  reveal: positions.map((position) => ({ position, id: position, text: `w${position}`, probability: 0.25 })),
  nfe: 2 + index,
  seconds: 0.5,
});
const block = (index: number, texts: string[]): GenerationEvent => ({
  type: 'block',
  block: index,
  tokens: texts.map((text, id) => ({ id, text })),
  text: texts.join(''),
  nfe: 5,
  seconds: 1,
});
const done: GenerationEvent = { type: 'done', reason: 'length', nfe: 9, seconds: 2 };

function after(...messages: GenerationEvent[]): Story {
  return messages.reduce(continueStory, newStory(SETTINGS, null));
}
const states = (story: Story) => story.blocks.map(({ tokens }) => tokens.map(({ state }) => state).join(' '));

test('a text that goes on to the end of its sentence has the blocks that follow its length', () => {
  const block = (index: number): GenerationEvent => ({
    type: 'block',
    block: index,
    tokens: [0, 1, 2, 3].map((id) => ({ id, text: `w${id}` })),
    text: 'w0w1w2w3',
    nfe: index + 1,
    seconds: 1,
  });
  const asked = { ...SETTINGS, maxTokens: 3, ending: 'sentence' } as const;
  const messages = [started, step(0, 0, [1, 2, 3]), block(0), step(1, 0, [0, 1])];
  const story = messages.reduce(continueStory, newStory(asked, null));
  expect(story.blocks.map(({ committed, tokens }) => [committed, tokens.map(({ id }) => id)])).toEqual([
    [true, [0, 1, 2, 3]],
    [false, [0, 1, null, null]],
  ]);
});

test('a story begins as one block of masks after the end of the prompt', () => {
  const story = after(started);
  expect(states(story)).toEqual(['committed masked masked masked']);
  expect(story.blocks[0]?.pinned).toBe(1);
  expect(tokensWritten(story)).toBe(0);
});

test('a step marks what it reveals, and what earlier steps did no longer', () => {
  const story = after(started, step(0, 0, [2]), step(0, 1, [1, 3]));
  expect(states(story)).toEqual(['committed revealed-now revealed revealed-now']);
  expect(story.blocks[0]?.tokens[2]).toEqual({ id: 2, text: 'w2', state: 'revealed', probability: 0.25, step: 0 });
  expect([tokensWritten(story), story.nfe, story.seconds]).toEqual([3, 3, 0.5]);
});

test('a finished block takes the texts of the whole, keeps its probabilities, and masks follow', () => {
  const story = after(started, step(0, 0, [1, 2, 3]), block(0, ['\n\n', 'A', 'é', '']));
  expect(states(story)).toEqual(['committed committed committed committed', 'masked masked masked masked']);
  expect(story.blocks[0]?.tokens[2]).toMatchObject({ text: 'é', probability: 0.25, step: 0 });
  expect(textOf(story)).toBe('Aé');
});

test('no masks follow the block that ends the text', () => {
  const first = [started, step(0, 0, [1, 2, 3]), block(0, ['\n\n', 'A', 'b', 'c'])];
  const cut = after(...first, block(1, ['d', 'e']));
  expect(cut.blocks).toHaveLength(2);
  const full = [started, block(0, ['\n\n', 'A', 'b', 'c'])].reduce(
    continueStory,
    newStory({ ...SETTINGS, maxTokens: 3 }, null),
  );
  expect(full.blocks).toHaveLength(1);
});

test('done drops masks that were drawn too early', () => {
  const story = after(started, block(0, ['\n\n', 'A', 'b', 'c']), done);
  expect(story).toMatchObject({ phase: 'finished', reason: 'length', nfe: 9, seconds: 2 });
  expect(states(story)).toEqual(['committed committed committed committed']);
});

test('a stopped story keeps what was revealed, and drops a block of nothing but masks', () => {
  const half = endStory(after(started, block(0, ['\n\n', 'A', 'b', 'c']), step(1, 0, [0])), 'stopped');
  expect(states(half)[1]).toBe('revealed-now masked masked masked');
  expect(tokensWritten(half)).toBe(4);
  const none = endStory(after(started, block(0, ['\n\n', 'A', 'b', 'c'])), 'stopped');
  expect(none.blocks).toHaveLength(1);
});

test('blocks that did not change stay the same objects', () => {
  const before = after(started, block(0, ['\n\n', 'A', 'b', 'c']));
  expect(continueStory(before, step(1, 0, [0])).blocks[0]).toBe(before.blocks[0]);
});

test('a text goes on after its last whole token: what follows a hole is not part of it', () => {
  const half = [started, block(0, ['\n\n', 'A', 'b', 'c']), step(1, 0, [0, 2])];
  const stopped = endStory(after(...half), 'stopped');
  expect(wholeText(stopped)).toBe('Poem: rain\n\nAbcw0');
  expect(idsAfterPrompt(stopped)).toEqual([1, 2, 3, 0]);
  const next = newStoryAfter(stopped, { ...SETTINGS, after: idsAfterPrompt(stopped) });
  expect(wholeText(next)).toBe('Poem: rain\n\nAbcw0');
  expect(next.steps).toEqual([]);
});

test('a text that went on grows from all its runs', () => {
  const first = after(started, block(0, ['\n\n', 'A', 'b', 'c']), done);
  const asked = { ...SETTINGS, after: idsAfterPrompt(first) };
  const pinned = [...started.pinned, { id: 1, text: 'A' }];
  const second = [{ ...started, pinned }, block(0, ['\n\n', 'A', 'd', 'e']), done].reduce(
    continueStory,
    newStoryAfter(first, asked),
  );
  expect(wholeText(second)).toBe('Poem: rain\n\nAbcde');
  expect(tokensWritten(second)).toBe(2);
  expect(idsAfterPrompt(second)).toEqual([1, 2, 3, 2, 3]);
});

test('other settings that came with what was the last block go on after it', () => {
  const full = [started, block(0, ['\n\n', 'A', 'b', 'c'])];
  const before = full.reduce(continueStory, newStory({ ...SETTINGS, maxTokens: 3 }, null));
  const settings = { ...SETTINGS, maxTokens: 9, blockSize: 2 };
  const changed = continueStory(before, { type: 'changed', settings, pinned: [] });
  expect(states(changed)).toEqual(['committed committed committed committed', 'masked masked']);
});
