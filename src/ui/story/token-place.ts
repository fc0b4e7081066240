import type { PlaceInText } from '../../library/unmask';
import { allBlocks, type Block, type Story } from './story';

/**
 * The place of a token as it was before the step that revealed it, to ask for its alternatives. `block` counts
 * those of earlier runs too. Null for a token that no step revealed.
 */
export function placeOfToken(story: Story, block: number, token: number): PlaceInText | null {
  const about = allBlocks(story)[block];
  const step = about?.tokens[token]?.step ?? null;
  if (!about || step === null) return null;
  const { prompt, policy } = story.settings;
  const opening = { prompt, messages: story.read ?? undefined };
  // What a draft became was drawn as at block size 1.
  return policy === 'speculative'
    ? { ...opening, after: idsBeforeToken(story, block, token), draft: [null], offset: 0 }
    : { ...opening, after: idsBeforeBlock(story, block), draft: draftBefore(about, step), offset: token };
}

/** Ids between the prompt and the first place of a block. A block may begin with the last tokens of those before it. */
export function idsBeforeBlock(story: Story, block: number): readonly number[] {
  const ids = drawnBefore(story, block);
  return ids.slice(0, Math.max(0, ids.length - (allBlocks(story)[block]?.pinned ?? 0)));
}

/** Ids between the prompt and a token of a block. */
function idsBeforeToken(story: Story, block: number, token: number): readonly number[] {
  const { tokens, pinned } = allBlocks(story)[block]!;
  return [...drawnBefore(story, block), ...tokens.slice(pinned, token).flatMap(({ id }) => id ?? [])];
}

/** Ids that the blocks before this one added to the text. */
function drawnBefore(story: Story, block: number): readonly number[] {
  const drawn = allBlocks(story)
    .slice(0, block)
    .flatMap(({ tokens, pinned }) => tokens.slice(pinned));
  return drawn.flatMap(({ id }) => id ?? []);
}

/** [block size] ids as they were before a step of the block. */
function draftBefore({ start, tokens, beyond }: Block, step: number): (number | null)[] {
  const known = [...tokens, ...beyond];
  return start.map(({ id }, position) => {
    if (id !== null) return id;
    const token = known[position];
    return token?.step != null && token.step < step ? token.id : null;
  });
}
