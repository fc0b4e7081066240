import type { ModelSource } from '../source/model-source';

/** Where a kept model came from, for people and for going on. */
export type KeptFrom =
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'folder'; readonly name: string };

/** A model kept in the browser's storage. */
export interface KeptModel {
  /** Names it in the store: 64 hex digits, the SHA-256 of its manifest's bytes. */
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  readonly dtype: string;
  readonly parameters: number;
  /** 12 hex digits over all its files, of which the manifest tells: they need not be here. */
  readonly digest: string;
  /** Those it was trained on, ascending; null until config.json has come. */
  readonly blockSizes: readonly number[] | null;
  /** Of all its files. */
  readonly totalBytes: number;
  /** How many of them are here. */
  readonly keptBytes: number;
  readonly from: KeptFrom;
}

/** A kept model that was opened. */
export interface KeptSource extends ModelSource {
  /** As in `KeptModel`. */
  readonly id: string;
}

export interface StoreOptions {
  /** Ends it; what has come stays. */
  readonly signal: AbortSignal;
  /** Told of the bytes of all files together, those kept before included. */
  readonly onProgress: (loadedBytes: number, totalBytes: number) => void;
}
