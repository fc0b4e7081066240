import type { ModelConfig } from '../../network/model-config';
import type { BlockwiseRequest } from '../backend';
import { MOST_PASSES } from './memory';

/** A display frame: what a submission may take, so that the page has something new for the next one. */
export const FRAME_MS = 16;

/** How many passes the denoise loop puts into its next submission, from 1 to MOST_PASSES. */
export interface SubmitSize {
  readonly passes: number;
  /** Notes how long the GPU was busy with a submission. */
  took(passes: number, milliseconds: number): void;
}

/** Submissions that are timed together: answers to some may come at once, the later ones after no time at all. */
const WINDOW = 4;

/** As many as fit into a frame: a block or several on a fast GPU, and one pass where a pass takes longer. */
export class FrameSize implements SubmitSize {
  /** The last WINDOW submissions. */
  readonly #recent: { readonly passes: number; readonly milliseconds: number }[] = [];
  /** Of one pass; unknown before the first. */
  #milliseconds = Number.POSITIVE_INFINITY;

  get passes(): number {
    return Math.min(Math.max(Math.floor(FRAME_MS / this.#milliseconds), 1), MOST_PASSES);
  }

  took(passes: number, milliseconds: number): void {
    this.#recent.push({ passes, milliseconds });
    if (this.#recent.length > WINDOW) this.#recent.shift();
    const each = sum(this.#recent, 'milliseconds') / sum(this.#recent, 'passes');
    // The fastest of late: other work of the machine makes passes slower, never faster. The minimum grows 10 % a
    // submission, so it can recover.
    this.#milliseconds = Math.min(each, this.#milliseconds * 1.1);
  }
}

function sum<K extends string>(of: readonly Readonly<Record<K, number>>[], key: K): number {
  return of.reduce((total, each) => total + each[key], 0);
}

/** All passes that a block can take, for measurements: one block a submission where the policy has no say in it. */
export class BlockSize implements SubmitSize {
  readonly passes: number;

  /** `carried` is whether clean passes take the next block along, and so cost no pass of their own. */
  constructor({ policy, first }: BlockwiseRequest, carried: boolean) {
    const steps = 'steps' in policy ? Math.min(policy.steps, first.length) : first.length;
    this.passes = steps + (carried ? 0 : 1);
  }

  took(): void {}
}

/**
 * The fewest passes in which a run's policy can reveal a block: the first one, which may have fewer masks. Where
 * rows predict the next token, one of the masks takes no pass of the block's own.
 */
export function fewestPasses(
  { policy, first }: BlockwiseRequest,
  { maskId, network }: Pick<ModelConfig, 'maskId' | 'network'>,
): number {
  const all = first.filter((id) => id === maskId).length;
  const masks = network.predicts === 'next' ? Math.max(all - 1, 1) : all;
  switch (policy.name) {
    case 'first-hitting':
      return masks;
    case 'confidence':
      return Math.min(policy.steps, masks);
    case 'ancestral':
    case 'threshold':
    case 'entropy':
      return 1;
    default:
      return policy satisfies never;
  }
}

/**
 * How many blocks so many passes can touch where a block takes at least `fewest` of them: the one that they
 * begin in, which the first may finish, and one for every `fewest` after it.
 */
export function blocksReached(fewest: number, passes: number): number {
  return 2 + Math.floor((passes - 1) / fewest);
}

/** The most passes that touch no more blocks than the ring holds, whose turns must all have a slot; at least 1. */
export function mostUnderWay(fewest: number, ringBlocks: number): number {
  return Math.max(1, fewest * (ringBlocks - 1));
}
