import type { Network } from './network';

/** What the engine must know about a model: its network, and the tokens and blocks that it was trained on. */
export interface ModelConfig {
  /** `model_type` of its config.json. */
  readonly modelType: string;
  readonly network: Network;
  /** Ids that the network reads and predicts. */
  readonly vocabSize: number;
  /** Tokens one attention may span, the block being denoised included. */
  readonly contextLength: number;
  /** What `contextLength` can be raised to. */
  readonly longestContext: number;
  /**
   * The token that stands for "not yet known"; its logit is −∞ when sampling. An autoregressive model has none:
   * `vocabSize`, which no pass reads, stands in its place.
   */
  readonly maskId: number;
  /** Put before a prompt; null where nothing is. */
  readonly bosId: number | null;
  /** Each ends a text, which does not contain it. */
  readonly stopIds: readonly number[];
  /** The block sizes the model was trained on, ascending. */
  readonly blockSizes: readonly number[];
  readonly defaultBlockSize: number;
  /** Blocks begin at multiples of the block size, or the last block of the prompt ends with the prompt. */
  readonly grid: 'start' | 'prompt';
  /** Variables of the chat template that its authors set. */
  readonly chatVariables: Readonly<Record<string, unknown>>;
  /** How the model's authors decode: what a person has not set is this. */
  readonly decoding: Decoding;
}

export interface Decoding {
  readonly policy: 'confidence' | 'threshold';
  /** For `threshold`. */
  readonly threshold: number;
  /** Masks are revealed in parts of a block of this many positions, from left to right; null for the whole block. */
  readonly subBlockSize: number | null;
  /** Taken off the logits of ids that the written text has already; 0 is none. See `penalised`. */
  readonly presencePenalty: number;
}

/** As our own models decode, and what other families change: the surest token of the block first, without a penalty. */
export const DEFAULT_DECODING: Decoding = {
  policy: 'confidence',
  threshold: 0.9,
  subBlockSize: null,
  presencePenalty: 0,
};

/** The model's own sub-blocks, where they divide the block size that was asked for. */
export function subBlockSizeFor({ subBlockSize }: Decoding, blockSize: number): number | undefined {
  return subBlockSize !== null && blockSize % subBlockSize === 0 ? subBlockSize : undefined;
}

/** An autoregressive model as a diffusion model of block size 1. */
export function autoregressive(
  vocabSize: number,
): Pick<ModelConfig, 'maskId' | 'blockSizes' | 'defaultBlockSize' | 'grid' | 'decoding'> {
  return { maskId: vocabSize, blockSizes: [1], defaultBlockSize: 1, grid: 'start', decoding: DEFAULT_DECODING };
}

/** Whether the model writes by diffusion: it has a mask token. */
export function isDiffusion({ maskId, vocabSize }: ModelConfig): boolean {
  return maskId < vocabSize;
}

/**
 * Where the last block of a text of `length` tokens begins, which may be at its end. On a grid that ends with the prompt
 * the blocks before it end at `anchor`, so that the first one may be short.
 */
export function lastBlockStart(
  { grid }: Pick<ModelConfig, 'grid'>,
  blockSize: number,
  length: number,
  anchor: number,
): number {
  const short = grid === 'prompt' ? Math.min(anchor, length) % blockSize : 0;
  return length - ((length - short) % blockSize);
}

/** Slots of the KV ring: as many whole blocks as the context length holds. */
export function ringSize({ contextLength }: ModelConfig, blockSize: number): number {
  return Math.floor(contextLength / blockSize) * blockSize;
}

/**
 * The positions of a block that noise can mask when a text is scored: where rows predict the next token, the first
 * token of a block comes exactly from the clean row before it.
 */
export function firstNoisedPosition({ network }: ModelConfig): number {
  return network.predicts === 'next' ? 1 : 0;
}
