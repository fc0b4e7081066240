import type { ErrorCode } from '../errors';

/**
 * Everything that crosses between the page and the worker. Types and constants only: both sides
 * import this file, and neither learns anything else about the other.
 */
export const PROTOCOL_VERSION = 6;

/** Where Hugging Face repositories are, unless a page names a mirror. */
export const HUGGING_FACE = 'https://huggingface.co';

export type BackendChoice = 'auto' | 'webgpu' | 'wasm';
export type PolicyName = 'first-hitting' | 'ancestral' | 'confidence' | 'threshold' | 'entropy';

/**
 * What the page wants to hear of a run, which changes nothing of its text: what each pass reveals, or also a guess for
 * every place that it leaves masked.
 */
export type Report = 'reveals' | 'guesses';

/** One turn of a conversation. */
export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What a person asked for. The worker checks every field and answers `bad-input` with what to change. */
export interface GenerateSettings {
  /** The text to go on from, in the model's document form; BOS is added by the worker. */
  readonly prompt: string;
  /**
   * A conversation to answer in place of `prompt`, by the model's chat template. Of what is over the context the
   * oldest questions are left out with their answers: `started` has the turns that had room.
   */
  readonly messages?: readonly ChatTurn[] | undefined;
  /**
   * Ids of the text that is already there after the prompt, and null where one is to be written anew: all of
   * these in its last block. Empty for a new text.
   */
  readonly after: readonly (number | null)[];
  readonly blockSize: number;
  /** To write after all that; may be 0 where something is to be written anew. */
  readonly maxTokens: number;
  readonly policy: PolicyName;
  /** Per block; used by `ancestral` and `confidence`. */
  readonly steps: number;
  /** Used by `threshold`. */
  readonly threshold: number;
  /** In nats; used by `entropy`. */
  readonly entropyBound: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /**
   * `length` where left out: after `maxTokens` the text is over. `sentence`: it ends where a sentence does, in the block
   * that reaches `maxTokens` or within 32 tokens more, or with these. What its block has after that end is dropped, as
   * what follows a stop id is.
   */
  readonly ending?: 'length' | 'sentence' | undefined;
}

/** Where a model is to be taken from. */
export type ModelPlace =
  /** The one that comes with the page: the absolute URL of its folder, with its last slash. */
  | { readonly type: 'embedded'; readonly url: string }
  /** As a person typed it: the URL of a model folder, or a Hugging Face repository. */
  | { readonly type: 'url'; readonly url: string }
  /** The files of a folder of this device, without those in folders below it. */
  | { readonly type: 'folder'; readonly name: string; readonly files: readonly File[] }
  /** One that was kept. */
  | { readonly type: 'kept'; readonly id: string };

/** A place that has to be fetched from before a model is kept here. */
export type DistantPlace = Extract<ModelPlace, { type: 'url' | 'folder' }>;

/** Where a model first came from. */
export type ModelOrigin =
  | { readonly type: 'embedded' }
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'folder'; readonly name: string }
  /** Converted here from a checkpoint. `place` is as a person may type it, or the name of a folder of this device. */
  | { readonly type: 'checkpoint'; readonly place: string };

/** How a checkpoint is kept. */
export type KeptDtype = 'q4' | 'q8';

/** Where a model would run: on a GPU that binds so many bytes at once, or where WebAssembly has so many. */
export type DevicePlace =
  | { readonly type: 'gpu'; readonly name: string; readonly mostBytes: number }
  | { readonly type: 'cpu'; readonly mostBytes: number };

/** What a model takes there. */
export interface DeviceNeed {
  readonly weightBytes: number;
  /** Of keys and values, once the context is full. */
  readonly cacheBytes: number;
  /** The largest of the weights. */
  readonly largestBytes: number;
  /** False where it cannot be run; a GPU may still have too little memory. */
  readonly fits: boolean;
}

/** What is here already of a checkpoint that is kept with a dtype. */
export interface BegunConversion {
  /** Of `CheckpointOffer.fetchBytes`. */
  readonly fetchedBytes: number;
  /** Of the storage. */
  readonly storedBytes: number;
}

/** A checkpoint that was found and can be converted here: what a person decides on. */
export interface CheckpointOffer {
  readonly name: string;
  readonly licence: string;
  /** As its config.json has it. */
  readonly modelType: string;
  readonly parameters: number;
  /** As a person may type it; of a folder of this device its name. */
  readonly place: string;
  /** The repository that the tokenizer is taken from, where the checkpoint has none. */
  readonly tokenizerFrom: string | null;
  /** Of the weights, which are read once. */
  readonly fetchBytes: number;
  readonly keptBytes: Readonly<Record<KeptDtype, number>>;
  readonly begun: Readonly<Record<KeptDtype, BegunConversion>>;
  readonly device: DevicePlace;
  readonly needs: Readonly<Record<KeptDtype, DeviceNeed>>;
  /** Tokens that keys and values are kept of. */
  readonly contextLength: number;
  readonly suggested: KeptDtype;
  /** Of the browser's storage, as it estimates; null where it keeps nothing, and the model lasts as the page does. */
  readonly freeBytes: number | null;
}

/** A checkpoint in place of a model. */
export interface FoundOffer {
  readonly type: 'offer';
  readonly offer: CheckpointOffer;
}

/** What a model's folder says of it. */
export interface ModelFacts {
  readonly name: string;
  /** 12 hex digits over all its files: the same text comes only from the same model. */
  readonly digest: string;
  readonly licence: string;
  readonly dtype: string;
  readonly parameters: number;
  /** Those it was trained on, ascending; null while that is not known. */
  readonly blockSizes: readonly number[] | null;
  /** Of all its files. */
  readonly totalBytes: number;
}

/** Who fetches or converts a model now, where that is not this tab. */
export type AtWork = 'another tab';

/** A model in the browser's storage. */
export interface KeptModel extends ModelFacts {
  /** 64 hex digits. */
  readonly id: string;
  /** Less than `totalBytes` where fetching it was broken off, or is under way. */
  readonly keptBytes: number;
  readonly atWork: AtWork | null;
  readonly from: Exclude<ModelOrigin, { type: 'embedded' }>;
}

/** A checkpoint whose conversion was broken off, or is under way. */
export interface UnfinishedModel {
  /** 64 hex digits. */
  readonly key: string;
  readonly name: string;
  readonly place: string;
  readonly dtype: string;
  /** What it takes of the storage, at most. */
  readonly bytes: number;
  readonly atWork: AtWork | null;
}

/** The models that can be used without fetching. */
export interface ModelShelf {
  /** The one that comes with the page; null where its folder cannot be read. */
  readonly embedded: ModelFacts | null;
  readonly kept: readonly KeptModel[];
  readonly unfinished: readonly UnfinishedModel[];
  /** Null where the browser keeps nothing for this page. */
  readonly space: { readonly usedBytes: number; readonly freeBytes: number } | null;
}

/** What the page shows about a loaded model. */
export interface ModelInfo extends ModelFacts {
  readonly origin: ModelOrigin;
  /** Null for one that is not in the browser's storage. */
  readonly keptId: string | null;
  readonly contextLength: number;
  /** Of keys and values, in all layers together. */
  readonly kvBytesPerToken: number;
  readonly blockSizes: readonly number[];
  readonly defaultBlockSize: number;
  /** Passes that a token takes at block size 1: one to find and one to store it, or both in one where rows predict the next. */
  readonly singlePasses: 1 | 2;
  readonly backend: 'webgpu' | 'wasm';
  readonly adapter: string;
  /** Whether it has a chat template, and so answers `messages`. */
  readonly chat: boolean;
  /** How its authors decode: in force where a person has chosen nothing else. */
  readonly decoding: { readonly policy: PolicyName; readonly threshold: number };
}

/** One token as the page draws it. */
export interface TokenText {
  readonly id: number;
  /** May be empty: a token can be part of a character, which its block's first complete token carries. */
  readonly text: string;
}

export interface RevealedToken extends TokenText {
  /** Within the block, from 0. */
  readonly position: number;
  /** The model's probability of the token, 0 … 1. */
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

/** Masking probabilities drawn uniformly from an interval of [0, 1]: from 0 to 1 it is the linear schedule. */
export interface Schedule {
  readonly from: number;
  readonly to: number;
}

/** A text for the model to read, not to write. */
export interface ReadRequest {
  /** What stands before the text: seen, and not scored. */
  readonly before: string;
  readonly text: string;
  /** Draws of noise above block size 1, at least 2. */
  readonly draws: number;
  readonly seed: number;
  /** For each of them the spread of the bound over its draws. */
  readonly schedules: readonly Schedule[];
}

/** A place of a text as it was before a step. */
export interface PlaceInText {
  readonly prompt: string;
  /** As in `GenerateSettings`. */
  readonly messages?: readonly ChatTurn[] | undefined;
  /** Ids between the prompt and the place's block. */
  readonly after: readonly number[];
  /** [block size] the block, null where it was masked; it begins with the prompt's remainder, if that is its start. */
  readonly draft: readonly (number | null)[];
  /** Of the place in the block, which was masked. */
  readonly offset: number;
}

export interface AlternativeToken extends TokenText {
  /** The model's probability of the token, 0 … 1. */
  readonly probability: number;
}

/** Page → worker. Ids are chosen by the page and come back in every answer. */
export type PageMessage =
  | {
      readonly type: 'load';
      readonly version: number;
      readonly runId: number;
      readonly place: ModelPlace;
      readonly backend: BackendChoice;
      /** Of the context that the model can have, above 0 and at most 1: less takes less memory. */
      readonly contextShare: number;
    }
  /** Keeps a model for a `load`, beside whatever else is at work; a checkpoint is offered before it is converted. */
  | {
      readonly type: 'fetch-model';
      readonly version: number;
      readonly runId: number;
      readonly place: DistantPlace;
      /** Where Hugging Face repositories are: the start of their URLs, without a slash at the end. */
      readonly hub: string;
      /** How to keep a checkpoint; null to have it offered. */
      readonly dtype: KeptDtype | null;
    }
  /** Answered at once. */
  | { readonly type: 'list-models'; readonly version: number; readonly runId: number; readonly embeddedUrl: string }
  /** Forgets a kept model, or what there is of an unfinished one. One that is loaded stays so. */
  | { readonly type: 'remove-model'; readonly version: number; readonly runId: number; readonly id: string }
  | {
      readonly type: 'generate';
      readonly version: number;
      readonly runId: number;
      readonly settings: GenerateSettings;
      readonly report: Report;
    }
  /** Other settings for the generation of this id, from its next block on. */
  | { readonly type: 'change'; readonly version: number; readonly runId: number; readonly settings: GenerateSettings }
  /** A generation for each of the settings, side by side. */
  | {
      readonly type: 'race';
      readonly version: number;
      readonly runId: number;
      readonly settings: readonly GenerateSettings[];
      readonly report: Report;
    }
  /** Scores a text. Takes the place of a generation, as another generation would. */
  | { readonly type: 'read'; readonly version: number; readonly runId: number; readonly request: ReadRequest }
  /** What else could have stood at a place. Takes the place of a generation, as another generation would. */
  | { readonly type: 'inspect'; readonly version: number; readonly runId: number; readonly place: PlaceInText }
  /** Answered at once. */
  | { readonly type: 'tokenize'; readonly version: number; readonly runId: number; readonly text: string }
  /** Ends whatever runs under this id; `cancelled` comes at once, before the pass in flight is over. */
  | { readonly type: 'cancel'; readonly version: number; readonly runId: number };

/** Worker → page. */
export type WorkerMessage =
  | {
      readonly type: 'progress';
      readonly runId: number;
      readonly loadedBytes: number;
      /** 0 where that is not known. */
      readonly totalBytes: number;
      readonly atWork?: AtWork | undefined;
    }
  | { readonly type: 'loaded'; readonly runId: number; readonly model: ModelInfo }
  /** `place` is where to load it from: another than was asked for, if it is kept now. */
  | { readonly type: 'fetched'; readonly runId: number; readonly place: ModelPlace }
  /** There is a checkpoint, which may be asked for with a dtype. */
  | { readonly type: 'offered'; readonly runId: number; readonly offer: CheckpointOffer }
  | { readonly type: 'models'; readonly runId: number; readonly shelf: ModelShelf }
  | { readonly type: 'removed'; readonly runId: number }
  /** Of no run. The GPU was lost; the model is being put on it again, and what is under way will go on. */
  | { readonly type: 'device-lost'; readonly runId: 0 }
  /** Of no run. The worker has this Web Lock for as long as it lives. */
  | { readonly type: 'alive'; readonly runId: 0; readonly lock: string }
  | {
      readonly type: 'started';
      readonly runId: number;
      /** Of the prompt, BOS included; `after` not. */
      readonly promptTokens: number;
      /** Of a conversation, the turns that had room. */
      readonly messages?: readonly ChatTurn[] | undefined;
      /** The first block's pinned tokens: the end of the prompt and of `after`, null where one is to be written. */
      readonly pinned: readonly (TokenText | null)[];
    }
  | {
      /** The block after this is the first under other settings; it begins with what its size does not divide. */
      readonly type: 'changed';
      readonly runId: number;
      readonly settings: GenerateSettings;
      readonly pinned: readonly (TokenText | null)[];
    }
  | {
      readonly type: 'step';
      readonly runId: number;
      readonly block: number;
      readonly step: number;
      readonly reveal: readonly RevealedToken[];
      /** By position, if they were asked for; none in a pass that predicts a block's first token alone. */
      readonly guesses?: readonly GuessedToken[] | undefined;
      readonly nfe: number;
      /** Since the generation began. */
      readonly seconds: number;
    }
  | {
      readonly type: 'block';
      readonly runId: number;
      readonly block: number;
      readonly tokens: readonly TokenText[];
      readonly nfe: number;
      readonly seconds: number;
    }
  | {
      readonly type: 'done';
      readonly runId: number;
      readonly reason: 'eos' | 'length';
      readonly nfe: number;
      readonly seconds: number;
    }
  | {
      readonly type: 'raced';
      readonly runId: number;
      /** Its place among the settings. */
      readonly racer: number;
      readonly news: WithoutRun<GenerationMessage>;
    }
  | { readonly type: 'race-done'; readonly runId: number }
  | {
      readonly type: 'read-started';
      readonly runId: number;
      /** Of the text, in order. */
      readonly tokens: readonly TokenText[];
      /** Of the text in UTF-8. */
      readonly bytes: number;
      /** Those that the text is scored at, ascending. */
      readonly blockSizes: readonly number[];
      /** Pieces of the context's length that a longer text is read in, each after the second half of the one before. */
      readonly windows: number;
    }
  | {
      /** Surprisal of the tokens from `from` on, in nats: exact, at block size 1. Null where nothing predicts a token. */
      readonly type: 'read-tokens';
      readonly runId: number;
      readonly from: number;
      readonly nats: readonly (number | null)[];
    }
  | {
      /** All of the text at a block size: exact at 1, above it the mean of the draws of an upper bound. */
      readonly type: 'read-size';
      readonly runId: number;
      readonly blockSize: number;
      readonly natsPerToken: number;
      /** Of `natsPerToken`, over the draws; null where it is exact. */
      readonly standardError: number | null;
      readonly perplexity: number;
      readonly bitsPerByte: number;
    }
  | {
      readonly type: 'read-spread';
      readonly runId: number;
      readonly blockSize: number;
      readonly schedule: Schedule;
      /** Nats a token, of each draw. */
      readonly values: readonly number[];
      readonly mean: number;
      /** Standard deviation over the draws. */
      readonly deviation: number;
    }
  /** In passes over blocks. */
  | { readonly type: 'read-progress'; readonly runId: number; readonly done: number; readonly total: number }
  | { readonly type: 'read-done'; readonly runId: number }
  | { readonly type: 'alternatives'; readonly runId: number; readonly tokens: readonly AlternativeToken[] }
  | { readonly type: 'tokens'; readonly runId: number; readonly tokens: readonly TokenText[] }
  | { readonly type: 'cancelled'; readonly runId: number }
  | { readonly type: 'error'; readonly runId: number; readonly code: ErrorCode; readonly message: string };

/** What a generation tells the page; `done`, `cancelled` or `error` is the last. */
export type GenerationMessage = Extract<WorkerMessage, { type: 'started' | 'changed' | 'step' | 'block' | 'done' }>;

/** What a race tells the page; `race-done`, `cancelled` or `error` is the last. */
export type RaceMessage = Extract<WorkerMessage, { type: 'raced' | 'race-done' }>;

/** What reading tells the page; `read-done`, `cancelled` or `error` is the last. */
export type ReadMessage = Extract<WorkerMessage, { type: `read-${string}` }>;

/** A message before it is given the number of its run. */
export type WithoutRun<Message> = Message extends unknown ? Omit<Message, 'runId'> : never;

/** A message of reading before it is given the number of its run. */
export type ReadNews = WithoutRun<ReadMessage>;

/** A generation message before it is given the number of its run. */
export type GenerationNews = WithoutRun<GenerationMessage>;
