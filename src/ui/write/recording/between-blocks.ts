import type { Story } from '../../story/story';

/** Whether no block is half there after so many steps. */
export function isBetweenBlocks({ steps }: Pick<Story, 'steps'>, position: number): boolean {
  return position === 0 || steps[position]?.block !== steps[position - 1]?.block;
}
