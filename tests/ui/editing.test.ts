import { expect, test } from 'vitest';
import type { GenerationEvent } from '../../src/library/texts';
import {
  beginEdit,
  type Edit,
  editedBlock,
  isChanged,
  keep,
  mask,
  maskOthers,
  select,
  selectTo,
  storyFromEdit,
  typeOver,
} from '../../src/ui/editing/editing';
import {
  continueStory,
  idsAfterPrompt,
  newStory,
  newStoryAfter,
  type Story,
  tokensWritten,
  wholeText,
} from '../../src/ui/story/story';
import { storyAt } from '../../src/ui/timeline/replay';
import { RUN_SETTINGS, scriptedRun, scriptedStory, storiesOf } from './run-script';

/** After a prompt of 5 tokens: 1 2 3, 4 5 6 7, 8 9 10 11. */
const story = storiesOf(scriptedRun(3), newStory({ ...RUN_SETTINGS, maxTokens: 11 }, null)).at(-1)!;
const typed = (...ids: number[]) => ids.map((id) => ({ id, text: ` t${id}` }));
const kinds = ({ places }: Edit) => places.map(({ kind }) => kind).join(', ');

function begin(block: number, place: number, of = story): Edit {
  return beginEdit(of, block, place)!;
}

test('an edit begins with a token of the text, and not with one of the prompt', () => {
  expect(begin(1, 2)).toMatchObject({ block: 1, blockSize: 4, first: 0, anchor: 2, head: 2 });
  expect(begin(0, 1).first).toBe(1);
  expect(beginEdit(story, 0, 0)).toBeNull();
  expect(beginEdit(story, 9, 0)).toBeNull();
});

test('several tokens of the block are selected, in either direction and never beyond its ends', () => {
  const edit = selectTo(begin(0, 2), -4);
  expect([edit.anchor, edit.head]).toEqual([2, 1]);
  expect(kinds(mask(edit))).toBe('as it is, masked, masked, as it is');
  expect(select(edit, 9)).toMatchObject({ anchor: 3, head: 3 });
});

test('masked tokens are kept again, and all but one are masked at once', () => {
  const masked = mask(selectTo(begin(1, 1), 2));
  expect(isChanged(masked)).toBe(true);
  expect(isChanged(keep(masked))).toBe(false);
  expect(kinds(maskOthers(begin(1, 2)))).toBe('masked, masked, kept, masked');
  const drawn = editedBlock(story.blocks[1]!, masked);
  expect(drawn.tokens.map(({ id }) => id)).toEqual([4, null, null, 7]);
});

test('typed tokens take the places after the first, and what was selected beyond them is masked', () => {
  const longer = typeOver(begin(1, 1), typed(20, 21)) as Edit;
  expect(kinds(longer)).toBe('as it is, typed, typed, as it is');
  const shorter = typeOver(selectTo(begin(1, 1), 3), typed(20)) as Edit;
  expect(kinds(shorter)).toBe('as it is, typed, masked, masked');
  expect(kinds(keep(shorter))).toBe(kinds(shorter));
});

test('more than fits into the block is refused with a sentence', () => {
  expect(typeOver(begin(1, 2), typed(1, 2, 3))).toBe(
    'That is 3 tokens, but only 2 places are left in this block. Type less, or start at an earlier token.',
  );
  expect(typeOver(begin(1, 3), typed(1, 2))).toContain('one place is left');
});

test('the text is written from the block on, up to the length that it was to have', () => {
  const next = storyFromEdit(story, mask(selectTo(begin(1, 1), 2)), RUN_SETTINGS);
  expect(next.settings).toMatchObject({ after: [1, 2, 3, 4, null, null, 7], maxTokens: 4 });
  expect(next).toMatchObject({ phase: 'starting', reason: null });
  expect(next.blocks).toEqual([story.blocks[0]]);
  expect(next.steps).toEqual(story.steps.slice(0, 2));
});

test('the prompt’s own end is not asked for again', () => {
  const next = storyFromEdit(story, mask(begin(0, 3)), RUN_SETTINGS);
  expect(next.settings).toMatchObject({ after: [1, 2, null], maxTokens: 8 });
});

/** What the worker tells of a text that goes on after its second block was written around two tokens. */
function rewritten(from: Story): Story {
  const messages: GenerationEvent[] = [
    {
      type: 'started',
      promptTokens: 5,
      pinned: [{ id: 4, text: ' w4' }, null, null, { id: 7, text: ' w7' }],
    },
    {
      type: 'step',
      block: 0,
      step: 0,
      reveal: [1, 2].map((position) => ({ position, id: 30 + position, text: ' n', probability: 0.5 })),
      nfe: 2,
      seconds: 0.1,
    },
    {
      type: 'block',
      block: 0,
      tokens: [4, 31, 32, 7].map((id) => ({ id, text: ` n${id}` })),
      text: ' n31 n32 n7',
      nfe: 3,
      seconds: 0.2,
    },
    {
      type: 'block',
      block: 1,
      tokens: [40, 41, 42, 43].map((id) => ({ id, text: ' x' })),
      text: ' x x x x',
      nfe: 8,
      seconds: 0.4,
    },
    { type: 'done', reason: 'length', nfe: 8, seconds: 0.4 },
  ];
  return messages.reduce(continueStory, from);
}

test('counts, blocks and the timeline go on from what was kept', () => {
  const edited = rewritten(storyFromEdit(story, mask(selectTo(begin(1, 1), 2)), RUN_SETTINGS));
  expect(idsAfterPrompt(edited)).toEqual([1, 2, 3, 4, 31, 32, 7, 40, 41, 42, 43]);
  expect(tokensWritten(edited)).toBe(11);
  expect(edited.steps.map(({ block }) => block)).toEqual([0, 0, 1]);
  expect(edited.nfe).toBe(story.steps[1]!.nfe + 1 + 8);
  expect(edited.steps[2]!.seconds).toBeGreaterThan(edited.steps[1]!.seconds);
  expect(storyAt(edited, 2).blocks).toHaveLength(1);
  expect(storyAt(edited, 0).blocks[0]?.tokens[1]?.id).toBeNull();
  // It can be edited again, from the block that has just been written.
  const again = storyFromEdit(edited, mask(begin(2, 0, edited)), RUN_SETTINGS);
  expect(again.settings).toMatchObject({ after: [1, 2, 3, 4, 31, 32, 7, null, 41, 42, 43], maxTokens: 0 });
});

test('a block of an earlier run is edited, and only what was before it stays', () => {
  const goneOn = newStoryAfter(story, { ...RUN_SETTINGS, after: idsAfterPrompt(story), maxTokens: 4 });
  const finished: Story = { ...goneOn, phase: 'finished', promptTokens: 5 };
  const next = storyFromEdit(finished, mask(begin(1, 1, finished)), RUN_SETTINGS);
  expect(next.earlier).toEqual(story.blocks.slice(0, 1));
  expect(next.settings).toMatchObject({ after: [1, 2, 3, 4, null, 6, 7], maxTokens: 8 });
  expect(next).toMatchObject({ blocks: [], steps: [], nfe: 0 });
});

test('typing alone leaves the block whole, and the text goes on after it', () => {
  const edit = typeOver(begin(1, 3), typed(20)) as Edit;
  const next = storyFromEdit(story, edit, RUN_SETTINGS);
  expect(next.settings).toMatchObject({ after: [1, 2, 3, 4, 5, 6, 20], maxTokens: 4 });
  expect(wholeText(next)).toBe(`${RUN_SETTINGS.prompt} w1 w2 w3 w4 w5 w6 t20`);
  const begun = continueStory(next, { type: 'started', promptTokens: 5, pinned: [] });
  expect(begun.blocks).toHaveLength(3);
});

test('where nothing is left to be written, the text is finished as it is', () => {
  const next = storyFromEdit(story, typeOver(begin(2, 3), typed(20)) as Edit, RUN_SETTINGS);
  expect(next).toMatchObject({ phase: 'finished', reason: 'length' });
  expect(idsAfterPrompt(next).at(-1)).toBe(20);
});

test('a token that ended the text makes way for what follows', () => {
  const ended: Story = { ...story, reason: 'eos' };
  expect(beginEdit(ended, 2, 3)).toBeNull();
  const next = storyFromEdit(ended, typeOver(begin(2, 2, ended), typed(20)) as Edit, RUN_SETTINGS);
  expect(next.settings).toMatchObject({ after: [1, 2, 3, 4, 5, 6, 7, 8, 9, 20], maxTokens: 1 });
  expect(next.phase).toBe('starting');
});

test('a long text is edited without touching the blocks before', () => {
  const long = scriptedStory(100);
  const next = storyFromEdit(long, mask(begin(50, 0, long)), RUN_SETTINGS);
  for (const [index, block] of next.blocks.entries()) expect(block).toBe(long.blocks[index]);
  expect(next.blocks).toHaveLength(50);
});
