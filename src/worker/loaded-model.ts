import type {
  AtWork,
  BackendChoice,
  DistantPlace,
  FoundOffer,
  ModelInfo,
  ModelPlace,
  ModelShelf,
} from '../library/models';
import type {
  AlternativeToken,
  GenerateSettings,
  GenerationEvent,
  PlaceInText,
  Prompt,
  ReadEvent,
  ReadRequest,
  Report,
  TokenText,
} from '../library/texts';
import type { PageMessage } from './protocol';
import type { RacerEvent } from './race-texts';

/** A model that is ready to write. */
export interface LoadedModel {
  readonly info: ModelInfo;
  /**
   * Writes one text: `started`, then per block its `step`s and a `block`, then `done`; `changed` where a block
   * begins under other `settings`, which are asked for after each. Once `signal` is aborted it ends, or throws,
   * within the passes in flight. Calls of this and those below must not overlap. All of them throw `bad-input`,
   * `device-lost` or `out-of-memory`.
   */
  write(settings: () => GenerateSettings, report: Report, signal: AbortSignal): AsyncIterable<GenerationEvent>;
  /** Writes a text for each of the settings side by side, each with an even share of the time. */
  race(settings: readonly GenerateSettings[], report: Report, signal: AbortSignal): AsyncIterable<RacerEvent>;
  /** Scores a text: `read-started`, then what is found, then `read-done`. Ends as `write` does. */
  read(request: ReadRequest, signal: AbortSignal): AsyncIterable<ReadEvent>;
  /** What else could have stood at a place, by falling probability. */
  alternatives(place: PlaceInText, signal: AbortSignal): Promise<AlternativeToken[]>;
  /** The tokens of a text on its own, or of a conversation by the model's template. */
  tokenize(text: Prompt): TokenText[];
  /** Frees the model, its memory on the device included. Safe to call twice. */
  dispose(): void;
}

export interface LoadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (loadedBytes: number, totalBytes: number, atWork?: AtWork) => void;
}

export interface FetchOptions extends LoadOptions, Pick<Extract<PageMessage, { type: 'fetch-model' }>, 'dtype'> {
  /** Where Hugging Face repositories are. */
  readonly hub: string;
}

export interface OpenOptions
  extends LoadOptions,
    Pick<Extract<PageMessage, { type: 'load' }>, 'context' | 'firstText'> {
  /** Told when the GPU is lost, before the model is put on it again. */
  readonly onDeviceLost: () => void;
  /** Told how many of the GPU's pipelines are compiled, once the weights are there. */
  readonly onCompiled: (done: number, total: number) => void;
}

/** What the worker can do about models. Everything throws `UnmaskError`, or the AbortError of a signal. */
export interface Models {
  /**
   * Puts a model on a backend. Throws `network`, `bad-input`, `bad-model`, `no-webgpu`, `device-lost` or
   * `out-of-memory`.
   */
  open(place: ModelPlace, backend: BackendChoice, options: OpenOptions): Promise<LoadedModel>;
  /**
   * Keeps a model where that can be; in any case finds out that there is one. Returns the place to open, or without a
   * dtype what there is to say of a checkpoint.
   */
  fetch(place: DistantPlace, options: FetchOptions): Promise<ModelPlace | FoundOffer>;
  /** Those that can be opened without fetching. `embeddedUrl` is the folder of the one that comes with the page. */
  list(embeddedUrl: string): Promise<ModelShelf>;
  /** Forgets a kept model. */
  remove(id: string): Promise<void>;
}
