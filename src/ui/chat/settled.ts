import type { TextPlace } from '../story/StoryView';
import { allBlocks, type Story } from '../story/story';

export interface Settled {
  /** Whole paragraphs of finished blocks. */
  readonly text: string;
  /** The first token after them. */
  readonly upTo: TextPlace;
}

/**
 * The paragraphs of an answer that will not change, and that Markdown can be made of on their own: they end with a blank
 * line, outside of code and of thoughts. Null while there are none.
 */
export function settledPart(story: Story): Settled | null {
  let settled: Settled | null = null;
  let text = '';
  for (const [block, { tokens, pinned, committed }] of allBlocks(story).entries()) {
    if (!committed) break;
    for (const [token, { text: added }] of tokens.entries()) {
      if (token < pinned) continue;
      text += added;
      if (added !== '' && text.endsWith('\n\n') && isWhole(text)) settled = { text, upTo: { block, token: token + 1 } };
    }
  }
  return settled;
}

/** True where no code and no thought is open at the end. */
function isWhole(text: string): boolean {
  const fences = text.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0;
  return text.trim() !== '' && fences % 2 === 0 && (!text.includes('<think>') || text.includes('</think>'));
}
