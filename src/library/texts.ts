import type { PolicyName } from './models';

/** What is asked of an open model, and what it answers. Types alone. */

/** One turn of a conversation. */
export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Tokens by their ids in the model's vocabulary, used exactly as they are. */
export interface TokenIds {
  readonly ids: readonly number[];
}

/**
 * What a text goes on from: a text, before which the model's BOS is put if it has one; a conversation, in the form of the
 * model's chat template; or ids.
 */
export type Prompt = string | readonly ChatTurn[] | TokenIds;

/**
 * What is reported of a run, which changes nothing of its text: what each pass reveals, or also a guess for every place
 * that it leaves masked.
 */
export type Report = 'reveals' | 'guesses';

/** The prompt of a text, in fields. */
export interface TextStart {
  /** Goes before all else; BOS is added. */
  readonly prompt: string;
  /**
   * A conversation to answer in place of `prompt`, by the model's chat template. Of what is over the context the
   * oldest questions are left out with their answers: `started` has the turns that had room.
   */
  readonly messages?: readonly ChatTurn[] | undefined;
  /** In place of `prompt`: ids as they are, without BOS. */
  readonly promptIds?: readonly number[] | undefined;
}

/** What a text is written under. What the model cannot meet is refused with `bad-input` and what to change. */
export interface WritingOptions {
  /**
   * Ids of the text that is already there after the prompt, and null where one is to be written anew: all of
   * these in its last block. Default: none, for a new text.
   */
  readonly after?: readonly (number | null)[] | undefined;
  /** Tokens that are denoised together: one of `ModelInfo.blockSizes`. Default: the model's own. */
  readonly blockSize?: number | undefined;
  /** Tokens to write after all that; may be 0 where something is to be written anew. Default: 128. */
  readonly maxTokens?: number | undefined;
  /**
   * Which masked tokens become known after a forward pass. Default: the model's own.
   *
   * - `first-hitting`: one position, chosen uniformly. Exact samples of the model, about one pass a token
   *   (Zheng et al., arXiv 2409.02908).
   * - `ancestral`: each position with its own chance, over `steps` equal steps of time (DDPM).
   * - `confidence`: the most probable positions, an even share in each of `steps` passes.
   * - `threshold`: every position whose probability is above `threshold`, at least one (Fast-dLLM, arXiv 2505.22618).
   * - `entropy`: the positions of least entropy, as far as all but the last add up to `entropyBound`
   *   (EB-Sampler, arXiv 2505.24857).
   * - `speculative`: of a draft of up to three tokens, what block size 1 writes at the same seed, by a clean pass that drafts the
   *   next ones along: the same text in fewer passes (arXiv 2211.17192, 2511.08923). For the models that have it among
   *   `ModelInfo.policies`.
   */
  readonly policy?: PolicyName | undefined;
  /** For `ancestral` and `confidence`: steps a block, from 1 to the block size. Default: the block size. */
  readonly steps?: number | undefined;
  /** For `threshold`: a probability, 0 … 1. Default: the model's own. */
  readonly threshold?: number | undefined;
  /** For `entropy`: nats that a pass reveals at most, its last token not counted. Default: 0.5. */
  readonly entropyBound?: number | undefined;
  /**
   * Positions of a block that are revealed at a time, from left to right; a divisor of the block size. Default: the
   * model's own.
   */
  readonly subBlockSize?: number | undefined;
  /** Divides the logits before a token is drawn; 0 is arg-max. Default: 0.8. */
  readonly temperature?: number | undefined;
  /** Nucleus: the likeliest tokens whose probabilities add up to at most this are drawn from; 1 is all. Default: 0.95. */
  readonly topP?: number | undefined;
  /** 0 … 4294967295. The same seed gives the same ids on the same backend. Default: drawn. */
  readonly seed?: number | undefined;
  /**
   * `length`: after `maxTokens` the text is over. `sentence`: it ends where a sentence does, in the block that reaches
   * `maxTokens` or within 32 tokens more, or with these. What its block has after that end is dropped, as what follows a
   * stop id is. Default: `length`.
   */
  readonly ending?: 'length' | 'sentence' | undefined;
}

/** A type whose fields are all there. */
type Filled<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

/** The options that may be missing where all is said: then the model's own hold. */
type Left = 'subBlockSize' | 'ending';

/** All that a text is written under: its prompt, and every one of the `WritingOptions`. */
export interface GenerateSettings extends TextStart, Filled<Omit<WritingOptions, Left>>, Pick<WritingOptions, Left> {}

/** One token as text. */
export interface TokenText {
  readonly id: number;
  /** May be empty: a token can be part of a character, which its block's first complete token carries. */
  readonly text: string;
}

/** A token that a pass made known. */
export interface RevealedToken extends TokenText {
  /** Within the block, from 0. */
  readonly position: number;
  /** The model's probability of the token, 0 … 1: softmax at temperature 1, after its presence penalty if it has one. */
  readonly probability: number;
}

/** The likeliest token of a place that a step left masked. */
export interface GuessedToken extends RevealedToken {
  /**
   * The probability of the token that the pass drew there, which the policy judged; null where it judged nothing. At
   * temperature 0 the drawn token is the likeliest.
   */
  readonly drawn: number | null;
}

/** What a run tells, one event after the other. The run is over when the loop over it is left. */
export interface EventStream<Event> extends AsyncIterableIterator<Event, undefined> {
  return(): Promise<IteratorResult<Event, undefined>>;
}

/** A text begins. */
export interface StartedEvent {
  readonly type: 'started';
  /** Of the whole prompt, BOS included; `after` not. Where it is longer than the context, only its end was read. */
  readonly promptTokens: number;
  /** Of a conversation, the turns that had room. */
  readonly messages?: readonly ChatTurn[] | undefined;
  /** The first block's given tokens: the end of the prompt and of `after`, null where one is to be written. */
  readonly pinned: readonly (TokenText | null)[];
}

/** The block after this is the first under other settings; it begins with what its size does not divide. */
export interface ChangedEvent {
  readonly type: 'changed';
  readonly settings: GenerateSettings;
  readonly pinned: readonly (TokenText | null)[];
}

/** A forward pass has made tokens known. */
export interface StepEvent {
  readonly type: 'step';
  /** Of the text, from 0. */
  readonly block: number;
  /** Of the block, from 0. */
  readonly step: number;
  /** In the order in which the policy chose them. */
  readonly reveal: readonly RevealedToken[];
  /** By position, if they were asked for; none in a pass that predicts a block's first token alone. */
  readonly guesses?: readonly GuessedToken[] | undefined;
  /** Forward passes so far (number of function evaluations), prefill and clean passes included. */
  readonly nfe: number;
  /** Since the generation began. */
  readonly seconds: number;
}

/** A block is finished. */
export interface BlockEvent {
  readonly type: 'block';
  /** Of the text, from 0. */
  readonly block: number;
  /** All of its tokens in order, those included that were given; of a text's last block, up to the end. */
  readonly tokens: readonly TokenText[];
  /** What the block adds to the text: its tokens' texts from the first one that was written. */
  readonly text: string;
  readonly nfe: number;
  readonly seconds: number;
}

/** The text is over. */
export interface DoneEvent {
  readonly type: 'done';
  /** `eos`: a stop id ended it, which is the last block's last token. */
  readonly reason: 'eos' | 'length';
  readonly nfe: number;
  readonly seconds: number;
}

/** What a generation tells: `started`, then for each block its `step`s and a `block`, then `done`. */
export type GenerationEvent = StartedEvent | ChangedEvent | StepEvent | BlockEvent | DoneEvent;

/** What a race tells: what each of its texts does, then `race-done`. */
export type RaceEvent =
  | {
      readonly type: 'raced';
      /** Its place among the settings. */
      readonly racer: number;
      readonly event: GenerationEvent;
    }
  | { readonly type: 'race-done' };

/** Masking probabilities drawn uniformly from an interval of [0, 1]: from 0 to 1 it is the linear schedule. */
export interface Schedule {
  readonly from: number;
  readonly to: number;
}

/** A text for the model to read, not to write. */
export interface ReadRequest {
  /** What stands before the text: seen, and not scored. */
  readonly before: Prompt;
  readonly text: string | TokenIds;
  /** Those to score at, of the model's own. Default: all of them. */
  readonly blockSizes?: readonly number[] | undefined;
  /** Draws of noise above block size 1. */
  readonly draws: number;
  /** 0 … 4294967295. */
  readonly seed: number;
  /** Tells apart the texts of a corpus that share a seed, from 0. Default: 0. */
  readonly textNumber?: number | undefined;
  /** For each of them the spread of the bound over its draws, which must be 2 or more then. */
  readonly schedules: readonly Schedule[];
}

/** How well a model predicts a text at one block size: exact at 1, above it the mean of the draws of an upper bound. */
export interface SizeScore {
  readonly blockSize: number;
  /** Negative log-likelihood, or its bound (NELBO); Arriola et al., arXiv 2503.09573. */
  readonly natsPerToken: number;
  /** Of `natsPerToken`, over the draws; null where it is exact, or there was one draw. */
  readonly standardError: number | null;
  /** exp(natsPerToken). */
  readonly perplexity: number;
  readonly bitsPerByte: number;
}

/** What reading tells; `read-done` is the last. */
export type ReadEvent =
  | {
      readonly type: 'read-started';
      /** Of the text, in order. */
      readonly tokens: readonly TokenText[];
      /** Of the text in UTF-8. */
      readonly bytes: number;
      /** What of them is scored: without a first token that nothing predicts. */
      readonly scored: { readonly tokens: number; readonly bytes: number };
      /** Those that the text is scored at, ascending. */
      readonly blockSizes: readonly number[];
      /** Pieces of the context's length that a longer text is read in, each after the second half of the one before. */
      readonly windows: number;
    }
  | {
      /** Surprisal of the tokens from `from` on, in nats: exact, at block size 1. Null where nothing predicts a token. */
      readonly type: 'read-tokens';
      readonly from: number;
      readonly nats: readonly (number | null)[];
    }
  | ({ readonly type: 'read-size' } & SizeScore)
  | {
      readonly type: 'read-spread';
      readonly blockSize: number;
      readonly schedule: Schedule;
      /** Nats a token, of each draw. */
      readonly values: readonly number[];
      readonly mean: number;
      /** Standard deviation over the draws. */
      readonly deviation: number;
    }
  /** In passes over blocks. */
  | { readonly type: 'read-progress'; readonly done: number; readonly total: number }
  | { readonly type: 'read-done' };

/** A masked place of a text, as it was before a step. */
export interface MaskedPlace {
  /** Ids between the prompt and the place's block. */
  readonly after: readonly number[];
  /** [block size] the block, null where it was masked; it begins with the prompt's remainder, if that is its start. */
  readonly draft: readonly (number | null)[];
  /** Of the place in the block, which was masked. */
  readonly offset: number;
}

/** The same with its prompt. */
export interface PlaceInText extends TextStart, MaskedPlace {}

/** What could have stood at a place. */
export interface AlternativeToken extends TokenText {
  /** The model's probability of the token, 0 … 1. */
  readonly probability: number;
}
