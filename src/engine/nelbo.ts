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
 * for each block that has something to score.
 *
 * The NELBO of a block with n tokens to mask is Σₖ (1/k) E[Σ_masked −log p] over the number k = 1 … n of
 * masked tokens, under any masking schedule, because the network does not see t. So k is drawn uniformly,
 * then k of the n positions, and each term weighs n/k. That is unbiased, and exact where n is 1: at block
 * size 1 the sum is −log p(ids | given). Where rows predict the next token, the first token of a block counts
 * exactly, and the others as a block of one less.
 *
 * Starts a new sequence on the backend. A block takes one pass for each different noise that was drawn,
 * and one to commit it. Throws `bad-input` for a text without an id to score, and what the backend throws.
 */
export async function* blockNelbos(
  backend: Backend,
  { ids, given, blockSize }: ScoredText,
  draws: NoiseDraws,
): AsyncGenerator<number, void> {
  if (given >= ids.length) throw new UnmaskError('bad-input', 'The text has nothing to score.');
  backend.begin(blockSize);
  const givenBlocks = given - (given % blockSize);
  if (givenBlocks > 0) await backend.prefill(ids.slice(0, givenBlocks));
  for (let from = givenBlocks; from < ids.length; from += blockSize) {
    const clean = ids.slice(from, from + blockSize);
    const first = Math.max(given - from, 0);
    yield await blockNelbo(backend, { clean, first, position: from }, draws);
    // Nothing comes after the last block to see it.
    if (from + blockSize < ids.length) await backend.commitBlock(clean);
  }
}

interface ScoredBlock {
  /** [rows] */
  readonly clean: readonly number[];
  /** The rows from here on are scored. */
  readonly first: number;
  /** Of row 0, in the text. */
  readonly position: number;
}

async function blockNelbo(backend: Backend, block: ScoredBlock, draws: NoiseDraws): Promise<number> {
  const { clean } = block;
  const isExact = block.first < firstNoisedPosition(backend.config);
  const noised = isExact ? { ...block, first: block.first + 1 } : block;
  const maskable = clean.length - noised.first;
  if (maskable === 0) return sumOf(await surprisals(backend, clean, clean, [block.first]));
  /** By the rows that are masked: noise that was drawn before needs no pass. */
  const known = new Map<string, BlockNats>();
  let total = 0;
  for (let sample = 0; sample < draws.samples; sample++) {
    const masked = drawMaskedRows(noised, draws, sample);
    const noise = masked.join();
    const nats = known.get(noise) ?? (await natsOf(backend, clean, masked, isExact ? [block.first] : []));
    known.set(noise, nats);
    total += nats.exact + (nats.masked * maskable) / masked.length;
  }
  return total / draws.samples;
}

/**
 * k rows of the n that are scored, k being uniform in 1 … n; ascending.
 *
 * k: `uniform(seed, time, draw, position of the block)`; the rows with the k least
 * `uniform(seed, order, draw, position of the row)`, `draw` counting the samples of all texts.
 */
function drawMaskedRows({ clean, first, position }: ScoredBlock, draws: NoiseDraws, sample: number): number[] {
  const { samples, seed, textNumber } = draws;
  const draw = textNumber * samples + sample;
  const rows = [...clean.keys()].slice(first);
  const count = 1 + Math.floor(uniform(seed, STREAM.time, draw, position) * rows.length);
  const order = rows.map((row) => ({ row, rank: uniform(seed, STREAM.order, draw, position + row) }));
  const chosen = order.toSorted((a, b) => a.rank - b.rank).slice(0, count);
  return chosen.map(({ row }) => row).toSorted((a, b) => a - b);
}

/** −log p of a block's ids: of those that nothing masks, and of the masked ones. */
interface BlockNats {
  readonly exact: number;
  readonly masked: number;
}

async function natsOf(
  backend: Backend,
  clean: readonly number[],
  masked: readonly number[],
  exact: readonly number[],
): Promise<BlockNats> {
  const noised = clean.map((id, row) => (masked.includes(row) ? backend.config.maskId : id));
  const nats = await surprisals(backend, clean, noised, [...exact, ...masked]);
  return { exact: sumOf(nats.slice(0, exact.length)), masked: sumOf(nats.slice(exact.length)) };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
