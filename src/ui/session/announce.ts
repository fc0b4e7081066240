import { countOf, tokensText } from '../fields/format';
import { allBlocks, type Story, textOf, tokensWritten } from '../story/story';
import { kindOf } from '../write/document-form';

/** A block of so many characters is announced as it is finished; smaller ones wait for the end of a sentence. */
const LONG = 80;

/**
 * What a screen reader should say when `before` became `after`, or null for nothing new: the start, each finished
 * block or the sentences that small blocks make, and the end. Never single tokens, which come out of order.
 */
export function announcement(before: Story | null, after: Story | null): string | null {
  if (!after || before === after) return null;
  if (before?.phase !== after.phase) return phaseAnnouncement(before, after);
  return progressAnnouncement(before, after);
}

function phaseAnnouncement(before: Story | null, story: Story): string | null {
  switch (story.phase) {
    case 'starting':
      if (story.settings.messages && !story.kept && story.earlier.length === 0) return 'Answering.';
      if (story.kept) return `Rewriting from block ${allBlocks(story).length + 1} on.`;
      if (story.earlier.length > 0) return 'Continuing the text.';
      return story.heading
        ? `Writing ${kindOf(story.heading.kind).noun}: ${story.heading.title}.`
        : 'Continuing from your opening words.';
    case 'writing':
      return null;
    case 'finished':
      return `${before ? rest(before, story) : ''}Finished: ${countOf(wordsOf(textOf(story)), 'word')} in ${countOf(Math.max(1, Math.round(story.seconds)), 'second')}.`;
    case 'stopped':
      return `Stopped after ${tokensText(tokensWritten(story))}.`;
    case 'failed':
      return 'Writing ended with an error.';
    default:
      return story.phase satisfies never;
  }
}

/** What no block has completed yet, with a full stop after it. */
function rest(before: Story, after: Story): string {
  const text = textOf(after).slice(announcedUpTo(before)).trim();
  if (text === '') return '';
  return /[.!?…]["”’']?$/.test(text) ? `${text} ` : `${text}. `;
}

/** What a finished block has completed. */
function progressAnnouncement(before: Story, after: Story): string | null {
  if (before.nfe === after.nfe && before.blocks.length === after.blocks.length) return null;
  const start = announcedUpTo(before);
  const end = announcedUpTo(after);
  return end > start ? textOf(after).slice(start, end).trim() || null : null;
}

/** The last point worth announcing: the end of a long block, or of a sentence some way after the one before. */
function announcedUpTo(story: Story): number {
  let announced = 0;
  let from = 0;
  for (const block of story.blocks.filter(({ committed }) => committed)) {
    const text = textOf({ blocks: [block] });
    const sentence = [...text.matchAll(/[.!?]["']?(?=\s|$)/g)].at(-1);
    const end = text.length >= LONG ? text.length : sentence ? sentence.index + sentence[0].length : 0;
    if (from + end - announced >= LONG) announced = from + end;
    from += text.length;
  }
  return announced;
}

function wordsOf(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}

const RETURNS = { undone: 'Undone', redone: 'Redone', returned: 'Back' } as const;

/** What is said of a text that Undo, Redo or the browser's Back has brought back. */
export function returnAnnouncement(how: keyof typeof RETURNS, story: Story | null): string {
  return `${RETURNS[how]}: a text of ${story ? wordsOf(textOf({ blocks: allBlocks(story) })) : 0} words.`;
}
