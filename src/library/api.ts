import type { AtWork, BackendChoice, KeptDtype, ModelInfo } from './models';
import type {
  AlternativeToken,
  EventStream,
  GenerateSettings,
  GenerationEvent,
  MaskedPlace,
  Prompt,
  ReadEvent,
  ReadRequest,
  Report,
  SizeScore,
  TokenIds,
  TokenText,
  WritingOptions,
} from './texts';

/** What `openModel` takes and gives. Types alone. */

/** How a model is opened. */
export interface OpenOptions {
  /** Default: `auto`. */
  readonly backend?: BackendChoice | undefined;
  /** Ends the opening, which then throws `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told again and again how many bytes have come, of the model and of the runtime, and how many there are (0 where that
   * is not known); and whether another tab is at work on the model, which is waited for.
   */
  readonly onProgress?: ((loadedBytes: number, totalBytes: number, atWork?: AtWork) => void) | undefined;
  /**
   * Told how many of the GPU's compute pipelines are compiled, of how many, once all bytes have come. That takes seconds
   * on some drivers, at the first visit. Never on the wasm backend.
   */
  readonly onCompiled?: ((done: number, total: number) => void) | undefined;
  /** Tokens that one token sees at most; fewer take less memory. Default: the model's usual context. */
  readonly context?: number | undefined;
  /**
   * The text that will be written first. What is wrong with it is thrown before the weights are read, which takes long,
   * and without a `context` there is one that holds it all, as far as the model can.
   */
  readonly firstText?: { readonly prompt: Prompt; readonly options?: WritingOptions | undefined } | undefined;
  /** How a checkpoint is stored once it is converted. Default: what suits its size and the device. */
  readonly dtype?: KeptDtype | undefined;
  /** Where Hugging Face repositories are: the start of their URLs. Default: `https://huggingface.co`. */
  readonly hub?: string | undefined;
}

/** How a text is written. */
export interface GenerateOptions extends WritingOptions {
  /** Ends the text, and the loop over it with `cancelled`: at once, before the pass in flight is over. */
  readonly signal?: AbortSignal | undefined;
  /** Default: `reveals`. */
  readonly report?: Report | undefined;
}

/** How a text is scored. */
export interface ScoreOptions extends Partial<Pick<ReadRequest, 'before' | 'blockSizes' | 'seed' | 'textNumber'>> {
  /** Draws of noise above block size 1, to average over. Default: 8. */
  readonly draws?: number | undefined;
  /** Ends the scoring, which then throws `cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/** How well a model predicts a text. */
export interface Score {
  /** The text's tokens, in order. */
  readonly tokens: readonly TokenText[];
  /** [tokens] surprisal in nats at block size 1; null where nothing predicts a token or 1 was not asked for. */
  readonly nats: readonly (number | null)[];
  /** What of the text is scored: without a first token that nothing predicts. */
  readonly scored: { readonly tokens: number; readonly bytes: number };
  /** By ascending block size. */
  readonly sizes: readonly SizeScore[];
}

/** A text that is being written. */
export interface Generation extends EventStream<GenerationEvent> {
  /** All that it is written under, the seed that was drawn included. */
  readonly settings: GenerateSettings;
}

/**
 * An open model. It does one thing at a time, and the newest wins: a call of `generate`, `read`, `score` or
 * `alternatives` ends what is at work, whose caller gets `cancelled`.
 *
 * Everything throws, or rejects with, an `UnmaskError`. Where a model's worker stops by itself, as one that the browser ended
 * for its memory does, that is `internal`, now and for every later call: open the model again.
 */
export interface Model {
  readonly info: ModelInfo;
  /**
   * Writes a text; it begins at once. Throws in the loop: `bad-input` for what the model cannot meet, `device-lost`,
   * `out-of-memory`, `cancelled`.
   *
   * ```ts
   * for await (const event of model.generate('Once upon a time', { maxTokens: 64 })) {
   *   if (event.type === 'block') process.stdout.write(event.text);
   * }
   * ```
   */
  generate(prompt: Prompt, options?: GenerateOptions): Generation;
  /** Scores a text at each block size. Throws `bad-input`, `device-lost`, `out-of-memory`, `cancelled`. */
  score(text: string | TokenIds, options?: ScoreOptions): Promise<Score>;
  /** The same as it is found, token by token and size by size. */
  read(request: ReadRequest, signal?: AbortSignal): EventStream<ReadEvent>;
  /**
   * The five likeliest tokens of a masked place of a text, by falling probability. Takes a prefill and one pass. Throws
   * `bad-input` for a place that is none.
   */
  alternatives(prompt: Prompt, place: MaskedPlace, signal?: AbortSignal): Promise<readonly AlternativeToken[]>;
  /** The tokens of a text on its own, or of a conversation in the form of the model's chat template. */
  tokenize(text: Prompt): Promise<readonly TokenText[]>;
  /** Ends the model's worker and frees all it holds. What is under way is cancelled. Safe to call twice. */
  dispose(): void;
}
