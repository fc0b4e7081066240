import { expect, test } from 'vitest';
import type { GenerationEvent } from '../../src/library/texts';
import { endStory, newStory, type Story } from '../../src/ui/story/story';
import { placeAt, placeText, storyAt } from '../../src/ui/timeline/replay';
import { RUN_SETTINGS, scriptedRun, scriptedStory, storiesOf } from './run-script';

/** What a reader sees of a story. */
const seen = ({ blocks, nfe, seconds, firstBlockSeconds }: Story) => ({ blocks, nfe, seconds, firstBlockSeconds });

test('replaying all steps gives the story as it streamed', () => {
  const messages = scriptedRun(5);
  const stories = storiesOf(messages);
  const finished = stories.at(-1)!;
  const streamed = stories.filter((_, index) => messages[index]?.type === 'step');
  expect(streamed).toHaveLength(10);
  for (const [index, story] of streamed.slice(0, -1).entries()) {
    expect(seen(storyAt(finished, index + 1))).toEqual(seen(story));
  }
  expect(seen(storyAt(finished, 0)).blocks).toEqual(stories[0]?.blocks);
  expect(storyAt(finished, 10)).toBe(finished);
});

test('it does so while the run goes on, and after it was stopped halfway', () => {
  const messages = scriptedRun(3).slice(0, -3);
  const stories = storiesOf(messages);
  const halfway = stories.at(-1)!;
  expect(halfway.blocks).toHaveLength(3);
  const firstStep = stories[messages.findIndex(({ type }) => type === 'step')]!;
  expect(seen(storyAt(halfway, 1))).toEqual(seen(firstStep));
  expect(seen(storyAt(endStory(halfway, 'stopped'), 1))).toEqual(seen(firstStep));
});

test('settings that changed during the run change its later blocks alone', () => {
  const settings = { ...RUN_SETTINGS, blockSize: 2 };
  const changed: GenerationEvent[] = [
    ...scriptedRun(1).slice(0, -1),
    { type: 'changed', settings, pinned: [] },
    { type: 'step', block: 1, step: 0, reveal: [], nfe: 9, seconds: 1 },
    { type: 'step', block: 1, step: 1, reveal: [], nfe: 9, seconds: 1 },
  ];
  const story = storiesOf(changed).at(-1)!;
  expect(storyAt(story, 1).blocks.map(({ tokens }) => tokens.length)).toEqual([4]);
  expect(storyAt(story, 3).blocks.map(({ tokens }) => tokens.length)).toEqual([4, 2]);
});

test('blocks before the one at work stay the same objects, however often one scrubs', () => {
  const story = scriptedStory(256);
  const before = storyAt(story, 400);
  expect(before.blocks.slice(0, -1)).toHaveLength(199);
  for (const [index, block] of before.blocks.slice(0, -1).entries()) expect(block).toBe(story.blocks[index]);
});

test('a position has a name', () => {
  const story = scriptedStory(3);
  expect(placeText(placeAt(story, 0))).toBe('Before the first step');
  expect(placeText(placeAt(story, 4))).toBe('Block 2, step 2 of 2');
  expect(placeAt(story, 2)?.tokens).toBe(1);
});

test('the steps of a block at work are known where the policy plans them', () => {
  const started = scriptedRun(1).slice(0, 2);
  const of = (change: Partial<typeof RUN_SETTINGS>) => {
    const story = storiesOf(started, newStory({ ...RUN_SETTINGS, ...change }, null)).at(-1)!;
    return placeAt(story, 1)?.of;
  };
  expect(of({ policy: 'confidence', steps: 2 })).toBe(2);
  expect(of({ policy: 'first-hitting' })).toBe(3);
  expect(of({ policy: 'threshold' })).toBeNull();
});
