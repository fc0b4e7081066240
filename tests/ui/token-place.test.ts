import { expect, test } from 'vitest';
import type { GenerationEvent } from '../../src/library/texts';
import { endStory, idsAfterPrompt, newStoryAfter, type Story } from '../../src/ui/story/story';
import { idsBeforeBlock, placeOfToken } from '../../src/ui/story/token-place';
import { RUN_SETTINGS, scriptedRun, scriptedStory, storiesOf } from './run-script';

const story = scriptedStory(3);

/** `count` steps that reveal a place each, from the first on. */
function lettersOf(block: number, positions: readonly number[], id: number): GenerationEvent[] {
  return positions.map((position, step) => ({
    type: 'step',
    block,
    step,
    reveal: [{ position, id: id + position, text: 'x', probability: 0.5 }],
    nfe: step,
    seconds: step,
  }));
}

test('a place is its block before the step that revealed it, after all that was written before', () => {
  const { prompt } = RUN_SETTINGS;
  expect(placeOfToken(story, 1, 3)).toEqual({ prompt, after: [1, 2, 3], draft: [null, null, null, null], offset: 3 });
  expect(placeOfToken(story, 1, 0)).toEqual({ prompt, after: [1, 2, 3], draft: [null, null, 6, 7], offset: 0 });
});

test('the first block begins with the end of the prompt, which has no alternatives', () => {
  expect(placeOfToken(story, 0, 1)).toMatchObject({ after: [], draft: [9, null, 2, 3] });
  expect(placeOfToken(story, 0, 0)).toBeNull();
  expect(placeOfToken(story, 9, 0)).toBeNull();
});

test('what was drafted and checked was drawn as at block size 1', () => {
  const checked: Story = { ...story, settings: { ...story.settings, policy: 'speculative' } };
  const { prompt } = RUN_SETTINGS;
  expect(placeOfToken(checked, 0, 1)).toEqual({ prompt, after: [], draft: [null], offset: 0 });
  expect(placeOfToken(checked, 0, 3)).toEqual({ prompt, after: [1, 2], draft: [null], offset: 0 });
  expect(placeOfToken(checked, 1, 2)).toEqual({ prompt, after: [1, 2, 3, 4, 5], draft: [null], offset: 0 });
});

test('what a text was cut off of still stood there', () => {
  const cut: GenerationEvent[] = [
    ...scriptedRun(1).slice(0, -1),
    ...lettersOf(1, [3, 0, 1, 2], 20),
    {
      type: 'block',
      block: 1,
      tokens: [
        { id: 20, text: 'x' },
        { id: 21, text: 'x' },
      ],
      text: 'xx',
      nfe: 9,
      seconds: 9,
    },
    { type: 'done', reason: 'length', nfe: 9, seconds: 9 },
  ];
  const short = storiesOf(cut).at(-1)!;
  expect(placeOfToken(short, 1, 0)?.draft).toEqual([null, null, null, 23]);
  const half = endStory(storiesOf([...scriptedRun(1).slice(0, -1), ...lettersOf(1, [3, 0, 1], 20)]).at(-1)!, 'stopped');
  const next = newStoryAfter(half, { ...RUN_SETTINGS, after: idsAfterPrompt(half) });
  expect(placeOfToken(next, 1, 1)?.draft).toEqual([20, null, null, 23]);
});

test('a block of another size begins with tokens of those before it', () => {
  const settings = { ...RUN_SETTINGS, blockSize: 8 };
  const pinned = [4, 5, 6, 7].map((id) => ({ id, text: ` w${id}` }));
  const messages: GenerationEvent[] = [
    ...scriptedRun(2).slice(0, -1),
    { type: 'changed', settings, pinned },
    ...lettersOf(2, [5, 4], 30),
  ];
  const changed: Story = storiesOf(messages).at(-1)!;
  expect(idsBeforeBlock(changed, 2)).toEqual([1, 2, 3]);
  const draft = [4, 5, 6, 7, null, 35, null, null];
  expect(placeOfToken(changed, 2, 4)).toEqual({ prompt: RUN_SETTINGS.prompt, after: [1, 2, 3], draft, offset: 4 });
});
