import { expect, test } from 'vitest';
import { newStory, type Story } from '../../src/ui/story/story';
import { storyAt } from '../../src/ui/timeline/replay';
import { measurementsOf } from '../../src/ui/write/measurements';
import { RUN_SETTINGS, scriptedStory } from './run-script';

const MODEL = { contextLength: 16, kvBytesPerToken: 1000 };
const values = (story: Story, model: typeof MODEL | null = MODEL) => {
  const { front, others } = measurementsOf(story, model);
  return Object.fromEntries([...front, ...others].map(({ name, value }) => [name, value]));
};

test('what a run cost: the pinned end of the prompt is not written, the last block not cached', () => {
  // 5 tokens of prompt and 11 of text in 1 + 3 · (2 + 1) passes of a tenth of a second.
  expect(values(scriptedStory(3))).toEqual({
    tokens: '11',
    'tokens/s': '11.0',
    'passes/token': '0.91',
    'tokens/pass': '1.10',
    'KV cache': '12 KB',
    'first block': '0.40 s',
    time: '1.0 s',
  });
});

test('two figures stand in front', () => {
  expect(measurementsOf(scriptedStory(3), MODEL).front.map(({ name }) => name)).toEqual(['tokens/s', 'tokens/pass']);
});

test('the cache is a ring of the context length', () => {
  expect(values(scriptedStory(9))['KV cache']).toBe('16 KB');
});

test('before the first step there is nothing to divide by', () => {
  const empty = values(newStory(RUN_SETTINGS, null), null);
  expect(empty).toMatchObject({ tokens: '0', 'tokens/s': '–', 'KV cache': '–', 'first block': '–' });
});

test('a step of the past has the numbers of its time', () => {
  expect(values(storyAt(scriptedStory(3), 1))).toMatchObject({ tokens: '2', time: '0.2 s', 'KV cache': '4 KB' });
});
