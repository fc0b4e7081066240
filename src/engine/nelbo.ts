import type { Backend } from '../backends/backend';
import { STREAM, uniform } from '../backends/random';
import { UnmaskError } from '../errors';
import { firstNoisedPosition } from '../network/model-config';
import { surprisals } from './likelihood';

/** A text to score, its last block perhaps short. */
export interface ScoredText {
  /** [length], at most what the KV ring holds (`ringSize`), without masks. */
  readonly ids: readonly number[];
  /** How many of the first ids are given: never masked, and not scored. */
  readonly given: number;
  readonly blockSize: number;
}

/** Which masks are drawn. The numbers depend on these and on the place in the text alone. */
export interface NoiseDraws {
  /** Draws to average over, from 1 on. */
  readonly samples: number;
  /** A 32-bit unsigned integer. */
  readonly seed: number;
  /** Tells apart the texts that share a seed, from 0. */
  readonly textNumber: number;
}

/**
 * Estimates the negative evidence lower bound of a text, and yields it block by block, in nats: one number
 * for each block that has something to score; see `nelboDraws`.
 *
 * Starts a new sequence on the backend. A block takes one pass for each different noise that was drawn,
 * and one to commit it. Throws `bad-input` for a text without an id to score, and what the backend throws.
 */
export async function* blockNelbos(
  backend: Backend,
  text: ScoredText,
  draws: NoiseDraws,
): AsyncGenerator<number, void> {
  for await (const block of scoredBlocks(backend, text)) {
    yield sumOf(await nelboDraws(block, draws)) / draws.samples;
  }
}

/**
 * The blocks of a text that have something to score. Starts a new sequence on the backend: when a block is yielded, all
 * before it is in the cache. Throws `bad-input` for a text without an id to score, and what the backend throws.
 */
export async function* scoredBlocks(
  backend: Backend,
  { ids, given, blockSize }: ScoredText,
): AsyncGenerator<ScoredBlock, void> {
  if (given >= ids.length) throw new UnmaskError('bad-input', 'The text has nothing to score.');
  backend.begin(blockSize);
  const givenBlocks = given - (given % blockSize);
  if (givenBlocks > 0) await backend.prefill(ids.slice(0, givenBlocks));
  for (let from = givenBlocks; from < ids.length; from += blockSize) {
    const clean = ids.slice(from, from + blockSize);
    yield new ScoredBlock(backend, clean, Math.max(given - from, 0), from);
    // Nothing comes after the last block to see it.
    if (from + blockSize < ids.length) await backend.commitBlock(clean);
  }
}

/** A block whose rows from some row on are scored, after what the backend has in its cache. */
export class ScoredBlock {
  /** Of row 0, in the text. */
  readonly position: number;
  /** Rows that noise can mask. */
  readonly maskable: readonly number[];
  readonly #backend: Backend;
  readonly #clean: readonly number[];
  /** The scored row that nothing masks, where rows predict the next token: the first of a block. */
  readonly #exact: readonly number[];
  /** By the rows that are masked: noise that was drawn before needs no pass. */
  readonly #known = new Map<string, Promise<BlockNats>>();

  constructor(backend: Backend, clean: readonly number[], first: number, position: number) {
    const rows = [...clean.keys()].slice(first);
    const isExact = first < firstNoisedPosition(backend.config);
    this.#backend = backend;
    this.#clean = clean;
    this.position = position;
    this.#exact = isExact ? rows.slice(0, 1) : [];
    this.maskable = isExact ? rows.slice(1) : rows;
  }

  /** −log p of the scored ids with these rows masked; takes a pass where the noise is new. */
  nats(masked: readonly number[]): Promise<BlockNats> {
    const noise = masked.join();
    const nats = this.#known.get(noise) ?? this.#pass(masked);
    this.#known.set(noise, nats);
    return nats;
  }

  async #pass(masked: readonly number[]): Promise<BlockNats> {
    const noised = this.#clean.map((id, row) => (masked.includes(row) ? this.#backend.config.maskId : id));
    const nats = await surprisals(this.#backend, this.#clean, noised, [...this.#exact, ...masked]);
    const { length } = this.#exact;
    return { exact: sumOf(nats.slice(0, length)), masked: sumOf(nats.slice(length)) };
  }
}

/** −log p of a block's scored ids, in nats: of those that nothing masks, and of the masked ones. */
export interface BlockNats {
  readonly exact: number;
  readonly masked: number;
}

/**
 * The NELBO of a block with n tokens to mask is Σₖ (1/k) E[Σ_masked −log p] over the number k = 1 … n of
 * masked tokens, under any masking schedule, because the network does not see t. So k is drawn uniformly,
 * then k of the n positions, and each term weighs n/k. That is unbiased, and exact where n is 1: at block
 * size 1 the sum over a text is −log p(ids | given). Where rows predict the next token, the first token of a block
 * counts exactly, and the others as a block of one less. Returns [samples] in nats.
 */
export async function nelboDraws(block: ScoredBlock, draws: NoiseDraws): Promise<number[]> {
  const { maskable } = block;
  const nats: number[] = [];
  for (let sample = 0; sample < draws.samples; sample++) {
    const drawn = maskable.length === 0 ? [] : drawMaskedRows(block, draws, sample);
    const { exact, masked } = await block.nats(drawn);
    nats.push(drawn.length === 0 ? exact : exact + (masked * maskable.length) / drawn.length);
  }
  return nats;
}

/**
 * k rows of the n that can be masked, k being uniform in 1 … n; ascending.
 *
 * k: `uniform(seed, time, draw, position of the block)`; the rows with the k least
 * `uniform(seed, order, draw, position of the row)`, `draw` counting the samples of all texts.
 */
function drawMaskedRows({ maskable, position }: ScoredBlock, draws: NoiseDraws, sample: number): number[] {
  const draw = drawNumber(draws, sample);
  const count = 1 + Math.floor(uniform(draws.seed, STREAM.time, draw, position) * maskable.length);
  const order = maskable.map((row) => ({ row, rank: uniform(draws.seed, STREAM.order, draw, position + row) }));
  const chosen = order.toSorted((a, b) => a.rank - b.rank).slice(0, count);
  return chosen.map(({ row }) => row).toSorted((a, b) => a - b);
}

/** A masking probability t that is drawn uniformly between two. */
export interface Schedule {
  readonly from: number;
  readonly to: number;
}

/**
 * The training loss of a block as it comes out of draws of noise: t uniform in the schedule, each token masked with
 * probability t, and −log p of the masked ones over t. Over U[0, 1], the linear schedule, its mean is the NELBO; what
 * draws differ by is the variance that clipped schedules lower. Returns [samples] in nats.
 *
 * t: `uniform(seed, time, draw, position of the block)`; a row is masked where
 * `uniform(seed, order, draw, position of the row)` is below it. So all schedules see the same draws.
 *
 * Source: Arriola et al., "Block Diffusion", 2025 (arXiv 2503.09573), sections 4 and 5.
 */
export async function scheduleDraws(block: ScoredBlock, { from, to }: Schedule, draws: NoiseDraws): Promise<number[]> {
  const { maskable, position } = block;
  const nats: number[] = [];
  for (let sample = 0; sample < draws.samples; sample++) {
    const draw = drawNumber(draws, sample);
    const t = from + (to - from) * uniform(draws.seed, STREAM.time, draw, position);
    const drawn = maskable.filter((row) => uniform(draws.seed, STREAM.order, draw, position + row) < t);
    const { exact, masked } = await block.nats(drawn);
    nats.push(drawn.length === 0 ? exact : exact + masked / t);
  }
  return nats;
}

function drawNumber({ samples, textNumber }: NoiseDraws, sample: number): number {
  return textNumber * samples + sample;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
