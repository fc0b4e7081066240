import type { BenchReport, BenchScope } from '../report';

/** What the page tells its worker, once. */
export interface BenchRequest {
  readonly scope: BenchScope;
  /** Model folders, absolute and with a slash at the end. `large` is of the published shape, and only the command has one. */
  readonly models: { readonly stories: string; readonly large: string | null };
}

/** What the worker tells the page: lines as it goes, then one of the other two. */
export type BenchMessage =
  | { readonly type: 'progress'; readonly line: string }
  | { readonly type: 'done'; readonly report: BenchReport }
  | { readonly type: 'failed'; readonly message: string };
