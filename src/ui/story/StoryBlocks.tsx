import { endsLine, StoryBlock } from './StoryBlock';
import type { Block } from './story';

/** Blocks to be read alone: no token has a tip, and nothing is edited. */
export function StoryBlocks({ blocks }: { blocks: readonly Block[] }) {
  return blocks.map((block, index) => (
    <StoryBlock
      // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place in the text
      key={index}
      index={index}
      block={block}
      afterBreak={endsLine(blocks[index - 1]?.tokens.at(-1))}
      marked={null}
      edit={null}
      guesses="off"
    />
  ));
}
