/** Where models are, what is known of them, and which of them the browser keeps. */

import type { DeviceNeed, DevicePlace } from '../model/device-need';
import type { AtWork } from '../model/store/kept-model';

export type { AtWork, DeviceNeed, DevicePlace };

/** How a model is run: `auto` is webgpu where there is a hardware GPU, and wasm (the CPU) elsewhere. */
export type BackendChoice = 'auto' | 'webgpu' | 'wasm';

/** The ways to choose which masked tokens become known after a forward pass; see `WritingOptions.policy`. */
export const POLICY_NAMES = [
  'first-hitting',
  'ancestral',
  'confidence',
  'threshold',
  'entropy',
  'speculative',
] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

/** Where a model is to be taken from. */
export type ModelPlace =
  /** A model folder that a site has beside its own files: the absolute URL of the folder, with its last slash. */
  | { readonly type: 'embedded'; readonly url: string }
  /** A model folder whose files each have a URL of their own, by their names, as bundlers emit them. */
  | { readonly type: 'bundled'; readonly urls: Readonly<Record<string, string>> }
  /**
   * The URL of a model folder, or a Hugging Face repository: its URL, `owner/name` or `owner/name@revision`. It may
   * have a checkpoint in place of a model folder, which is then converted here.
   */
  | { readonly type: 'url'; readonly url: string }
  /** The files of a folder of this device, without those in folders below it: a model folder or a checkpoint. */
  | { readonly type: 'folder'; readonly name: string; readonly files: readonly File[] }
  /** A model folder on disk, in Node alone. */
  | { readonly type: 'disk'; readonly path: string }
  /** One in the browser's storage, by its `KeptModel.id`. */
  | { readonly type: 'kept'; readonly id: string };

/** A place that has to be fetched from before a model is kept here. */
export type DistantPlace = Extract<ModelPlace, { type: 'url' | 'folder' }>;

/** The files of a folder of this device. */
export type FolderPlace = Extract<ModelPlace, { type: 'folder' }>;

/** Where a model first came from. */
export type ModelOrigin =
  | { readonly type: 'embedded' }
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'folder'; readonly name: string }
  /** Converted here from a checkpoint. `place` is as a person may type it, or the name of a folder of this device. */
  | { readonly type: 'checkpoint'; readonly place: string };

/** How a checkpoint is kept: matrices in 4 or 8 bits, with a scale for 32 weights. */
export type KeptDtype = 'q4' | 'q8';

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
  /** How its matrices are stored: `f32`, `f16`, `q8` or `q4`. */
  readonly dtype: string;
  readonly parameters: number;
  /** Those it was trained on, ascending; null while that is not known. */
  readonly blockSizes: readonly number[] | null;
  /** Of all its files. */
  readonly totalBytes: number;
}

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

/** What is known of a model that is open. */
export interface ModelInfo extends ModelFacts {
  readonly origin: ModelOrigin;
  /** Null for one that is not in the browser's storage. */
  readonly keptId: string | null;
  /** Tokens that one token sees at most, its own block included. Texts may be longer: the oldest tokens go out of view. */
  readonly contextLength: number;
  /** Of keys and values, in all layers together. */
  readonly kvBytesPerToken: number;
  readonly blockSizes: readonly number[];
  readonly defaultBlockSize: number;
  /** Those that this model can be decoded by. */
  readonly policies: readonly PolicyName[];
  /** Passes that a token takes at block size 1: one to find and one to store it, or both in one where rows predict the next. */
  readonly singlePasses: 1 | 2;
  readonly backend: 'webgpu' | 'wasm';
  /** The device as people know it: `apple metal-3`, `CPU, 2 threads`. */
  readonly adapter: string;
  /** Whether it has a chat template, and so answers conversations. */
  readonly chat: boolean;
  /** False for a model that runs on ids alone: its texts are empty, and its prompts must be ids. */
  readonly hasTokenizer: boolean;
  /** Stands before a text; null where nothing does. */
  readonly bosId: number | null;
  /** Each ends a text. */
  readonly stopIds: readonly number[];
  /** How its authors decode: in force where nothing else is asked for. */
  readonly decoding: { readonly policy: PolicyName; readonly threshold: number };
}
