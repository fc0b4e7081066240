import { kindOf } from './document-form';
import { type Story, textOf, tokensWritten } from './story';

/** Characters between two announcements of progress: about a paragraph, and never in the middle of one. */
const PARAGRAPH = 320;

/**
 * What a screen reader should say when `before` became `after`, or null for nothing new: the start, each
 * finished paragraph or so, and the end. Never single tokens, which come many a second and out of order.
 */
export function announcement(before: Story | null, after: Story | null): string | null {
  if (!after || before === after) return null;
  if (before?.phase !== after.phase) return phaseAnnouncement(after);
  return progressAnnouncement(before, after);
}

function phaseAnnouncement(story: Story): string | null {
  switch (story.phase) {
    case 'starting':
      if (story.earlier.length > 0) return 'Going on with the text.';
      return story.heading
        ? `Writing ${kindOf(story.heading.kind).noun}: ${story.heading.title}.`
        : 'Writing on from your prompt.';
    case 'writing':
      return null;
    case 'finished':
      return `Finished: ${wordsOf(textOf(story))} words in ${Math.max(1, Math.round(story.seconds))} seconds.`;
    case 'stopped':
      return `Stopped after ${tokensWritten(story)} tokens.`;
    case 'failed':
      return 'Writing ended with an error.';
    default:
      return story.phase satisfies never;
  }
}

/** The paragraph that was completed, if the text has grown by about one since the last such point. */
function progressAnnouncement(before: Story, after: Story): string | null {
  if (before.blocks.length === after.blocks.length) return null;
  const start = announcedUpTo(textOf(before));
  const end = announcedUpTo(textOf(after));
  return end > start ? textOf(after).slice(start, end).trim() : null;
}

/** The last point worth announcing: a sentence's end, at least `PARAGRAPH` characters after the one before. */
function announcedUpTo(text: string): number {
  let announced = 0;
  for (const { index } of text.matchAll(/[.!?]["']?\s/g)) {
    if (index + 2 - announced >= PARAGRAPH) announced = index + 2;
  }
  return announced;
}

function wordsOf(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}
