import type { Tokenizer } from './tokenizer';

/** Tokens that a text may have more than it was asked for, to end with a sentence. */
export const SENTENCE_ROOM = 32;

/** Enough of a text before its end to see whether a sentence ends there. */
const TAIL = 16;

/**
 * Has a text of `after` tokens end with a sentence: at the last end of one in a block from there on, so that as
 * little as can be is dropped.
 */
export function sentenceEnding(tokenizer: Tokenizer, after: number) {
  return {
    after,
    place(before: readonly number[], block: readonly number[], least: number): number | undefined {
      for (let end = block.length; end >= least; end--) {
        const text = tokenizer.decode([...before, ...block.slice(0, end)].slice(-TAIL));
        if (endsSentence(text, tokenizer.decode(block.slice(end)))) return end;
      }
      return undefined;
    },
  };
}

/** A full stop and its like, and what closes after it. */
const END = /[.!?…。！？]["'”’»)\]*_]*\s*$/u;
const END_WITHOUT_SPACE = /[。！？]["'”’»」』）]*$/u;
/** Titles and initials, whose full stop ends nothing. */
const ABBREVIATION = /(?:^|[^\p{L}])(?:Mr|Mrs|Ms|Dr|St|Mt|Jr|Sr|Prof|No|vs|e\.g|i\.e|[A-HJ-Z])\.\s*$/u;
const GOES_ON = /^\s*["'“‘«(]*\p{Ll}/u;

/** Whether a sentence ends with `text`, as far as what follows it in its block tells. */
export function endsSentence(text: string, following: string): boolean {
  if (!END.test(text) || ABBREVIATION.test(text)) return false;
  if (following === '' || END_WITHOUT_SPACE.test(text)) return true;
  return (/\s$/.test(text) || /^\s/.test(following)) && !GOES_ON.test(following);
}
