import { type Block, reveal, type Step, type Story } from '../story/story';

/**
 * The story as it was after its first `position` steps; after all of them it is the story itself. Blocks
 * before the one that was at work are the same objects as in `story`, so a long text is as cheap as a short one.
 */
export function storyAt(story: Story, position: number): Story {
  const { steps } = story;
  if (position >= steps.length) return story;
  const last = steps[position - 1];
  const index = last?.block ?? 0;
  const block = story.blocks[index];
  if (!block) return story;
  return {
    ...story,
    blocks: [...story.blocks.slice(0, index), stepsBefore(steps, position, index).reduce(reveal, restart(block))],
    firstBlockSeconds: index === 0 ? null : story.firstBlockSeconds,
    nfe: last?.nfe ?? 0,
    seconds: last?.seconds ?? 0,
  };
}

function restart(block: Block): Block {
  return { ...block, tokens: block.start, beyond: [], steps: 0, committed: false };
}

/** The steps of block `index` among the first `position`. */
function stepsBefore(steps: readonly Step[], position: number, index: number): readonly Step[] {
  let start = position;
  while (start > 0 && steps[start - 1]?.block === index) start--;
  return steps.slice(start, position);
}

/** Which step of which block a position is, both from 1. */
export interface Place {
  readonly block: number;
  readonly step: number;
  /** How many steps the block has, or will have; null while the policy has yet to decide it. */
  readonly of: number | null;
  /** How many tokens the step revealed. */
  readonly tokens: number;
}

/** Null before the first step. */
export function placeAt(story: Story, position: number): Place | null {
  const step = story.steps[position - 1];
  if (!step) return null;
  const block = story.blocks[step.block];
  const of = block?.committed ? block.steps : plannedSteps(story, block);
  return { block: step.block + 1, step: step.step + 1, of, tokens: step.reveal.length };
}

function plannedSteps({ settings }: Story, block: Block | undefined): number | null {
  const masks = block?.start.filter(({ id }) => id === null).length ?? 0;
  switch (settings.policy) {
    case 'first-hitting':
      return masks;
    case 'confidence':
      return Math.min(settings.steps, masks);
    // Steps in which nothing is revealed are left out, so nobody knows how many there will be.
    case 'ancestral':
    case 'threshold':
    case 'entropy':
    case 'speculative':
      return null;
    default:
      return settings.policy satisfies never;
  }
}

/** `Block 3, step 2 of 8` */
export function placeText(place: Place | null): string {
  if (!place) return 'Before the first step';
  const { block, step, of } = place;
  return `Block ${block}, step ${step}${of === null ? '' : ` of ${of}`}`;
}
