import type { Guess, Prediction, Report, RevealPolicy, Sampling } from '../backends/backend';

/** Where a text may end before its `maxTokens`. */
export interface Ending {
  /** So many tokens are written after the prompt in any case. */
  readonly after: number;
  /**
   * How many ids of a finished block the text may end with, at least `least`; undefined where it goes on. `before` are
   * the ids of the text before the block.
   */
  place(before: readonly number[], block: readonly number[], least: number): number | undefined;
}

export interface GenerationRequest {
  /**
   * Starts the text; may be empty unless rows predict the next token. BOS, where the model has one, is already in it. null where a token is to be
   * written: all of these in one block, the last, which is then written around the ids that it has.
   */
  readonly promptIds: readonly (number | null)[];
  /**
   * On a grid that ends with the prompt: the length of the text at which a block ends. All ids before the first one
   * to write if left out. A text that goes on, and a conversation's next turn, keep that of their beginning: only then
   * are the keys and values of their blocks what they were.
   */
  readonly anchor?: number | undefined;
  /** How many of the ids are the prompt's, where what follows them was written before: all if left out. */
  readonly writtenFrom?: number | undefined;
  /** One of the model's `blockSizes`. */
  readonly blockSize: number;
  /** Tokens to write after the prompt, at least 1, or 0 where the prompt has something to write. */
  readonly maxTokens: number;
  /** Left out, a text ends with `maxTokens` or a stop id alone. */
  readonly ending?: Ending | undefined;
  readonly policy: RevealPolicy;
  /** See `BlocksRequest`. */
  readonly subBlockSize?: number | undefined;
  readonly sampling: Sampling;
  /** See `BlocksRequest`. */
  readonly report?: Report | undefined;
}

/** What a generation yields, in order: `start`, then per block its `step`s and a `block`, then `end`. */
export type GenerationEvent =
  | {
      readonly type: 'start';
      /** The ids of the first block that the prompt gives: its remainder, with null where one is to be written. */
      readonly pinned: readonly (number | null)[];
      readonly blockSize: number;
    }
  | {
      readonly type: 'step';
      readonly block: number;
      /** Within the block, from 0. */
      readonly step: number;
      /** In reveal order; `position` is within the block. */
      readonly reveal: readonly Prediction[];
      /** See `BlockStep`. */
      readonly guesses?: readonly Guess[] | undefined;
      /** Forward passes so far, prefill and clean passes included. */
      readonly nfe: number;
    }
  | {
      readonly type: 'block';
      readonly block: number;
      /** The finished block, given ids included, cut after the stop id, its ending or the last asked token. */
      readonly ids: readonly number[];
      readonly nfe: number;
    }
  | {
      readonly type: 'end';
      readonly reason: 'eos' | 'length' | 'cancelled';
      /** Prompt and generated ids; The stop id, if one ended it, is the last. A cancelled block is not in it. */
      readonly ids: readonly number[];
      readonly nfe: number;
    };
