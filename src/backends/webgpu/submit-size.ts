import type { BlocksRequest, RevealPolicy } from '../backend';
import { MOST_PASSES } from './memory';

/** A display frame: what a submission may take, so that the page has something new for the next one. */
export const FRAME_MS = 16;

/** How many passes the denoise loop puts into its next submission, from 1 to MOST_PASSES. */
export interface SubmitSize {
  readonly passes: number;
  /** Told of each submission how long the GPU was busy with it. */
  took(passes: number, milliseconds: number): void;
}

/** As many as fit into a frame: a block or several on a fast GPU, and one pass where a pass takes longer. */
export class FrameSize implements SubmitSize {
  /** Of one pass; unknown before the first. */
  #milliseconds = Number.POSITIVE_INFINITY;

  get passes(): number {
    return Math.min(Math.max(Math.floor(FRAME_MS / this.#milliseconds), 1), MOST_PASSES);
  }

  took(passes: number, milliseconds: number): void {
    const each = milliseconds / passes;
    // The fastest of late: what else the machine does makes passes slower, never faster. It forgets by and by.
    this.#milliseconds = Math.min(each, this.#milliseconds * 1.1);
  }
}

/** All passes that a block can take, for measurements: one block a submission where the policy has no say in it. */
export class BlockSize implements SubmitSize {
  readonly passes: number;

  /** `carried` is whether clean passes take the next block along, and so cost no pass of their own. */
  constructor({ policy, first }: BlocksRequest, carried: boolean) {
    const steps = 'steps' in policy ? Math.min(policy.steps, first.length) : first.length;
    this.passes = steps + (carried ? 0 : 1);
  }

  took(): void {}
}

/** The fewest passes in which a policy can reveal so many masks. */
export function fewestPasses(policy: RevealPolicy, masks: number): number {
  switch (policy.name) {
    case 'first-hitting':
      return masks;
    case 'confidence':
      return Math.min(policy.steps, masks);
    default:
      return 1;
  }
}

/**
 * How many passes may be under way at once: the turns of all blocks that they could reach must have a slot
 * in the ring, which has `ringBlocks` blocks.
 */
export function mostUnderWay({ policy, first }: BlocksRequest, maskId: number, ringBlocks: number): number {
  const masks = first.filter((id) => id === maskId).length;
  return Math.max(1, fewestPasses(policy, masks) * (ringBlocks - 1));
}
