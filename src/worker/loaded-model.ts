import type { BackendChoice, GenerateSettings, GenerationMessage, ModelInfo } from './protocol';

type WithoutRun<Message> = Message extends unknown ? Omit<Message, 'runId'> : never;

/** A generation message before it is given the number of its run. */
export type GenerationNews = WithoutRun<GenerationMessage>;

/** A model that is ready to write. */
export interface LoadedModel {
  readonly info: ModelInfo;
  /**
   * Writes one text: `started`, then per block its `step`s and a `block`, then `done`. Once `signal` is
   * aborted it ends, or throws, within one pass. Calls must not overlap. Throws `bad-input`,
   * `device-lost` or `out-of-memory`.
   */
  write(settings: GenerateSettings, signal: AbortSignal): AsyncIterable<GenerationNews>;
  /** Frees the model, its memory on the device included. Safe to call twice. */
  dispose(): void;
}

export interface LoadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (loadedBytes: number, totalBytes: number) => void;
}

/** Opens a model folder by its absolute URL. Throws `network`, `bad-model`, `no-webgpu`, `out-of-memory` or `cancelled`. */
export type OpenModel = (modelUrl: string, backend: BackendChoice, options: LoadOptions) => Promise<LoadedModel>;
