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
  return {
    prompt: story.settings.prompt,
    messages: story.read ?? undefined,
    after: idsBeforeBlock(story, block),
    draft: draftBefore(about, step),
    offset: token,
  };
}

/** Ids between the prompt and the first place of a block. A block may begin with the last tokens of those before it. */
export function idsBeforeBlock(story: Story, block: number): readonly number[] {
  const blocks = allBlocks(story);
  const drawn = blocks.slice(0, block).flatMap(({ tokens, pinned }) => tokens.slice(pinned));
  const ids = drawn.flatMap(({ id }) => id ?? []);
  return ids.slice(0, Math.max(0, ids.length - (blocks[block]?.pinned ?? 0)));
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
