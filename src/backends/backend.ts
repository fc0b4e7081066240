import type { ModelConfig } from '../network/model-config';

export type BackendName = 'webgpu' | 'wasm';

/** How an id is drawn from a row of logits; the mask token is never drawn. */
export interface Sampling {
  /** Divides the logits before the draw; 0 is arg-max. */
  readonly temperature: number;
  /** Nucleus: the most likely ids whose probabilities add up to at most this, and always the first; 1 is all. */
  readonly topP: number;
  /** A 32-bit unsigned integer. */
  readonly seed: number;
}

/** The arg-max, whatever the seed. */
export const LIKELIEST: Sampling = { temperature: 0, topP: 1, seed: 0 };

/** Which masked positions of a block become tokens after a forward pass. Paper sections 3.2 and 6; see `reveal-policies.ts`. */
export type BlockwisePolicy =
  /** One uniformly chosen position a pass: exact samples of the model, about one pass a token. */
  | { readonly name: 'first-hitting' }
  /** DDPM: `steps` equal steps of time a block, each revealing every position with its own chance. */
  | { readonly name: 'ancestral'; readonly steps: number }
  /** Each of `steps` passes reveals its even share of the block, most confident first. */
  | { readonly name: 'confidence'; readonly steps: number }
  /** Every position whose probability exceeds `threshold`, at least the best one. */
  | { readonly name: 'threshold'; readonly threshold: number }
  /** By rising entropy H, as long as Σ H − max H of what a pass reveals is at most `entropyBound` (nats). */
  | { readonly name: 'entropy'; readonly entropyBound: number };

/** How masks become tokens. */
export type RevealPolicy =
  | BlockwisePolicy
  /**
   * Of a draft of a few tokens a clean pass keeps what block size 1 would write, and drafts the next ones along; see
   * `writeSpeculatively`. For models that predict the next token and whose clean pass is causal.
   */
  | { readonly name: 'speculative' };

export type RevealPolicyName = RevealPolicy['name'];

/** What the network proposes for one masked position. */
export interface Prediction {
  /** Within the block, from 0. */
  readonly position: number;
  readonly id: number;
  /** The model's own probability of `id`: softmax at temperature 1 over all ids but the mask, after its presence penalty. */
  readonly probability: number;
  /** Of that distribution, in nats: 0 where the model is certain, log(vocabSize − 1) where it knows nothing. */
  readonly entropy: number;
}

/** What a pass drew at a position, beside the id that the network finds likeliest there: the lowest of equal ones. */
export interface Draw extends Prediction {
  readonly likeliest: { readonly id: number; readonly probability: number };
  /** The likeliest id after that one, or the same where there is no other. */
  readonly second: number;
}

/** A draw whose position is told apart from it. */
export type UnplacedDraw = Omit<Draw, 'position'>;

/** What the network finds likeliest at a position that a pass left masked. */
export interface Guess {
  /** Within the block, from 0. */
  readonly position: number;
  readonly id: number;
  /** As in `Prediction`. */
  readonly probability: number;
  /** The probability of what the pass drew there, which the policy judged; null where it judged nothing. */
  readonly drawn: number | null;
}

/** What a run tells of its passes: what they reveal, or also a guess for every place that they leave masked. */
export type Report = 'reveals' | 'guesses';

export interface DenoiseStep {
  /** The block as it stands, `blockSize` ids, maskId where not yet revealed. */
  readonly ids: readonly number[];
  /** The positions within the block to predict; the head and the sampler run on these rows only. */
  readonly positions: readonly number[];
  readonly sampling: Sampling;
  /** Counts the forward passes of a generation, so that every draw has its own random number. */
  readonly pass: number;
}

/** A run of blocks to write after what is in the cache. */
export interface BlocksRequest {
  /** The first block as it stands: maskId where a token is to be written. Every later block begins as masks. */
  readonly first: readonly number[];
  /** How many blocks to write at most, from 1 on. */
  readonly blocks: number;
  readonly policy: RevealPolicy;
  /**
   * The policy works on so many positions at a time, from left to right, as if each such part were a block:
   * Fast-dLLM v2's sub-blocks. A divisor of the block size; left out it is the block size.
   */
  readonly subBlockSize?: number | undefined;
  readonly sampling: Sampling;
  /** `reveals` where left out. With guesses the head runs on every mask of the block; the text stays the same. */
  readonly report?: Report | undefined;
  /** Forward passes of the generation so far: they number the draws. */
  readonly nfe: number;
}

/** A run whose policy reveals block after block. */
export type BlockwiseRequest = Omit<BlocksRequest, 'policy'> & { readonly policy: BlockwisePolicy };

export function isBlockwise(request: BlocksRequest): request is BlockwiseRequest {
  return request.policy.name !== 'speculative';
}

/** What one denoise pass revealed, or what a clean pass that judged a draft left of it. */
export interface BlockStep {
  /** In reveal order, never empty. */
  readonly reveal: readonly Prediction[];
  /**
   * By position, if they were asked for. The pass that predicts a block's first token where rows predict the next
   * one is the clean pass before the block, and has none.
   */
  readonly guesses?: readonly Guess[] | undefined;
  /** Forward passes of the generation up to this one; a clean pass counts, also where it rode along with another. */
  readonly nfe: number;
}

/** A draft to verify, after the cache. */
export interface DraftStep {
  /** Ids that stay, at least one, and after them the draft. */
  readonly ids: readonly number[];
  /** How many of them stay whatever the network makes of them. */
  readonly settled: number;
  /** For each place of the draft, another id; or for none. */
  readonly seconds: readonly number[];
  /** How many masks the next draft is to have; 0 for none. All rows of the pass must find slots of the ring free. */
  readonly masks: number;
  readonly sampling: Sampling;
  /** Numbers the draw for the first place after what is settled; each place after that has the next number. */
  readonly pass: number;
}

/** What a clean pass made of a draft. */
export interface VerifiedDraft {
  /**
   * What is drawn at the places from `settled` on, up to the first that the draft does not have there: what is kept of it,
   * and one more. Positions count from the first of the step's ids.
   */
  readonly draws: readonly Draw[];
  /** The ids that are in the cache now: those that stay, if need be without a second candidate. */
  readonly stored: readonly number[];
  /** What the network finds likeliest at the places after those, without knowing the last draw. */
  readonly draft: readonly UnplacedDraw[];
}

/**
 * One sequence on one device: the three verbs of block diffusion over a KV cache, and a run of them.
 *
 * The cache is a ring of `ringSize(config, blockSize)` slots. A pass over a block writes its K and V
 * (after RoPE) into the slots of `position … position + blockSize − 1` modulo the ring, evicting the
 * oldest tokens once the ring is full, and attends to every slot filled so far and to its own block: to
 * all of it, or where the network's clean attention is causal and the block is stored, to what is not
 * after a row. Positions keep growing, so text can go on past `contextLength`. A pass becomes part of
 * the cache only when `position` moves past it: `denoiseStep` and `logits` leave it where it was.
 *
 * What is asked and answered is by predicted position. Where rows predict the next token, a backend keeps
 * the last row of each clean pass: it predicts position 0 of the block that follows, and needs no pass.
 *
 * Calls must not overlap. Methods throw `device-lost`, `out-of-memory` or `bad-input`.
 */
export interface Backend {
  readonly name: BackendName;
  /** For people: `apple metal-3`, `SwiftShader (software)`, `CPU, 2 threads`. */
  readonly adapter: string;
  readonly config: ModelConfig;
  /** What a token's K and V take in the cache, all layers together. */
  readonly kvBytesPerToken: number;
  /** Tokens committed since `begin`: whole blocks, and before them the short first block of a prompt. */
  readonly position: number;
  /**
   * Starts a sequence of this block size. On a grid that ends with the prompt its blocks end where `ids` ends:
   * where these are no whole blocks, the first one is short. Of the cache it keeps the blocks that the text before has in common with `ids`,
   * where block size and ring allow, but for the last one where rows predict the next token; `position` tells
   * how many tokens those are. `writtenFrom` is where in the text the prompt ends: only what comes after it counts
   * for the presence penalty.
   */
  begin(blockSize: number, ids?: readonly number[], writtenFrom?: number): void;
  /**
   * Clean pass over whole blocks as the first of a sequence, or over its short first block and then whole
   * ones; with what was kept at most a ring full. Counts as one pass.
   */
  prefill(ids: readonly number[]): Promise<void>;
  /**
   * One network pass over the noised block, and a draw for each asked position, in that order. Where rows
   * predict the next token, position 0 comes from the clean pass before the block: asked for alone it takes no
   * pass, and where there was none `bad-input` is thrown.
   */
  denoiseStep(step: DenoiseStep): Promise<Draw[]>;
  /** The clean pass that stores a finished block's K and V; `position` grows by the block size. */
  commitBlock(ids: readonly number[]): Promise<void>;
  /**
   * One clean pass over settled ids and a draft after the cache, at most `blockSize` together: from left to right each
   * place of the draft is drawn as at block size 1, and the draft stays while it has what is drawn. What is stored is in
   * the cache then, and `position` need no longer be where a block ends. The pass drafts what follows along; see
   * `DraftTree`. For networks that predict the next token and whose clean attention is causal.
   */
  verifyDraft(step: DraftStep): Promise<VerifiedDraft>;
  /**
   * Writes block after block: denoise passes until the block has no mask left, by the policy, then its clean
   * pass. Ends after `blocks` blocks or one that has a stop id among its written ids, both without the last
   * clean pass, and early once `signal` is aborted. A backend may be ahead of what it has yielded, so after a
   * run only `begin` may follow. The same ids come out on every backend, but for rounding.
   */
  writeBlocks(request: BlocksRequest, signal: AbortSignal): AsyncGenerator<BlockStep, void>;
  /**
   * Raw logits [ids.length, vocabSize] by predicted position: of one block as it stands on any cache, or of
   * several clean ones on an empty cache. A text's last block may be short while the ring is not full: its
   * rows see the cache and each other. Where rows predict the next token, row 0 is NaN if nothing is before it.
   * For scoring and tests; leaves `position`.
   */
  logits(ids: readonly number[]): Promise<Float32Array>;
  /**
   * Another sequence over the same weights, with a cache of its own: one may be at work while the other is, but
   * not both within one call. To be disposed of before this one. Throws `out-of-memory`.
   */
  fork(): Promise<Backend>;
  /** Frees everything, memory on the device included. Safe to call twice; other calls then throw. */
  dispose(): void;
}
