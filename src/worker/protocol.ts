import type { ErrorCode } from '../errors';

/**
 * Everything that crosses between the page and the worker. Types and one constant only: both sides
 * import this file, and neither learns anything else about the other.
 */
export const PROTOCOL_VERSION = 2;

export type BackendChoice = 'auto' | 'webgpu' | 'wasm';
export type PolicyName = 'first-hitting' | 'ancestral' | 'confidence' | 'threshold' | 'entropy';

/** What a person asked for. The worker checks every field and answers `bad-input` with what to change. */
export interface GenerateSettings {
  /** The text to go on from, in the model's document form; BOS is added by the worker. */
  readonly prompt: string;
  readonly blockSize: number;
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
}

/** What the page shows about a loaded model. */
export interface ModelInfo {
  readonly name: string;
  readonly licence: string;
  readonly parameters: number;
  readonly dtype: string;
  readonly contextLength: number;
  readonly blockSizes: readonly number[];
  readonly defaultBlockSize: number;
  readonly backend: 'webgpu' | 'wasm';
  readonly adapter: string;
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

/** Page → worker. Ids are chosen by the page and come back in every answer. */
export type PageMessage =
  | {
      readonly type: 'load';
      readonly version: number;
      readonly runId: number;
      /** Absolute URL of a model folder, with its last slash. */
      readonly modelUrl: string;
      readonly backend: BackendChoice;
    }
  | { readonly type: 'generate'; readonly version: number; readonly runId: number; readonly settings: GenerateSettings }
  /** Ends a load or a generation; `cancelled` comes at once, before the pass in flight is over. */
  | { readonly type: 'cancel'; readonly version: number; readonly runId: number };

/** Worker → page. */
export type WorkerMessage =
  | { readonly type: 'progress'; readonly runId: number; readonly loadedBytes: number; readonly totalBytes: number }
  | { readonly type: 'loaded'; readonly runId: number; readonly model: ModelInfo }
  | {
      readonly type: 'started';
      readonly runId: number;
      readonly promptTokens: number;
      /** The first block's pinned tokens: the end of the prompt. */
      readonly pinned: readonly TokenText[];
    }
  | {
      readonly type: 'step';
      readonly runId: number;
      readonly block: number;
      readonly step: number;
      readonly reveal: readonly RevealedToken[];
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
  | { readonly type: 'cancelled'; readonly runId: number }
  | { readonly type: 'error'; readonly runId: number; readonly code: ErrorCode; readonly message: string };

/** What a generation tells the page; `done`, `cancelled` or `error` is the last. */
export type GenerationMessage = Extract<WorkerMessage, { type: 'started' | 'step' | 'block' | 'done' }>;
