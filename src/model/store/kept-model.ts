import type { ModelSource } from '../source/model-source';
import type { FileInPlace } from './private-files';

/** Where a kept model came from, for people and for going on. */
export type KeptFrom =
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'folder'; readonly name: string }
  /** Converted here. `place` is as a person may type it, or a folder's name; `key` is that of the conversion. */
  | { readonly type: 'checkpoint'; readonly place: string; readonly key: string };

/** Who is at work on a model, where that is not this tab. */
export type AtWork = 'another tab';

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
  /** Who fetches what it lacks now. */
  readonly atWork: AtWork | null;
}

/** A kept model that was opened. */
export interface KeptSource extends ModelSource {
  /** As in `KeptModel`. */
  readonly id: string;
}

export interface StoreOptions {
  /** Ends it; what has come stays. */
  readonly signal: AbortSignal;
  /**
   * Told of the bytes of all files together, those kept before included; and who brings them, while that is waited for
   * (0 of 0 where it is not known how many there are).
   */
  readonly onProgress: (loadedBytes: number, totalBytes: number, atWork?: AtWork) => void;
}

/** A model that is made here out of something else. */
export interface Making {
  /** 64 hex digits that name what it is made of and what it becomes. */
  readonly key: string;
  readonly name: string;
  readonly dtype: string;
  readonly place: string;
  /** Of the files that it will have. */
  readonly totalBytes: number;
  /** Writes its files through `openFile` and returns the bytes of its manifest. Goes on with what is there. */
  readonly make: (
    openFile: (name: string) => Promise<FileInPlace>,
    options: StoreOptions,
  ) => Promise<Uint8Array<ArrayBuffer>>;
}
