import type { ErrorCode } from '../../../src/errors';
import type { KeptModel } from '../../../src/model/store/kept-model';

/** What a test may ask of the store. Those that return an id leave the model open for `read`. */
export interface StoreCalls {
  list(): KeptModel[];
  fetch(url: string): string;
  import(folderName: string, files: readonly File[]): string;
  open(id: string): string;
  /** The SHA-256 of a file of an open model, as it was read. */
  read(id: string, path: string): string;
  remove(id: string): void;
  space(): { usedBytes: number; freeBytes: number };
}

export type CallName = keyof StoreCalls;

export type Outcome<Value> =
  | { readonly type: 'done'; readonly value: Value }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

/** Page → worker. */
export type CallMessage =
  | { readonly type: 'call'; readonly callId: number; readonly name: CallName; readonly args: readonly unknown[] }
  | { readonly type: 'cancel'; readonly callId: number }
  /** From now on the browser is one that cannot move files. */
  | { readonly type: 'without-move' }
  /** From now on a connection counts as lost after so long; without it, after longer than any test takes. */
  | { readonly type: 'stall-after'; readonly ms: number };

/** Worker → page. */
export type NewsMessage =
  | { readonly type: 'progress'; readonly callId: number; readonly progress: readonly [loaded: number, total: number] }
  | { readonly type: 'over'; readonly callId: number; readonly outcome: Outcome<unknown> };
