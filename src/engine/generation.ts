import type { Prediction, Sampling } from '../backends/backend';

/** Which masked positions become tokens after a forward pass. Paper sections 3.2 and 6; see `reveal-policies.ts`. */
export type RevealPolicy =
  /** One uniformly chosen position a pass: exact samples of the model, about one pass a token. */
  | { readonly name: 'first-hitting' }
  /** DDPM: `steps` equal steps of time a block, each revealing every position with its own chance. */
  | { readonly name: 'ancestral'; readonly steps: number }
  /** Each of `steps` passes reveals its even share of the block, most confident first. */
  | { readonly name: 'confidence'; readonly steps: number }
  /** Every position whose probability exceeds `threshold`, at least the best one. */
  | { readonly name: 'threshold'; readonly threshold: number }
  /** By rising entropy H, as long as Σ H − max H of what a pass reveals is at most `entropyBound` (nats). */
  | { readonly name: 'entropy'; readonly entropyBound: number };

export type RevealPolicyName = RevealPolicy['name'];

export interface GenerationRequest {
  /** Starts the text; may be empty. BOS, where the model has one, is already in it. */
  readonly promptIds: readonly number[];
  /** One of the model's `blockSizes`. */
  readonly blockSize: number;
  /** Tokens to write after the prompt, at least 1. */
  readonly maxTokens: number;
  readonly policy: RevealPolicy;
  readonly sampling: Sampling;
}

/** What a generation yields, in order: `start`, then per block its `step`s and a `block`, then `end`. */
export type GenerationEvent =
  | {
      readonly type: 'start';
      /** The ids of the first block that the prompt already fills (its remainder), pinned. */
      readonly pinned: readonly number[];
      readonly blockSize: number;
    }
  | {
      readonly type: 'step';
      readonly block: number;
      /** Within the block, from 0. */
      readonly step: number;
      /** In reveal order; `position` is within the block. */
      readonly reveal: readonly Prediction[];
      /** Forward passes so far, prefill and clean passes included. */
      readonly nfe: number;
    }
  | {
      readonly type: 'block';
      readonly block: number;
      /** The finished block, pinned ids included, cut after EOS or the last asked token. */
      readonly ids: readonly number[];
      readonly nfe: number;
    }
  | {
      readonly type: 'end';
      readonly reason: 'eos' | 'length' | 'cancelled';
      /** Prompt and generated ids; EOS, if that ended it, is the last. A cancelled block is not in it. */
      readonly ids: readonly number[];
      readonly nfe: number;
    };
