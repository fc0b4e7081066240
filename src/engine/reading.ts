import type { Backend } from '../backends/backend';
import { UnmaskError } from '../errors';
import { firstNoisedPosition, type ModelConfig, ringSize } from '../network/model-config';
import { checkBlockSize, checkCount, checkSeed } from './check-request';
import { nelboDraws, type Schedule, type ScoredText, scheduleDraws, scoredBlocks } from './nelbo';

/** A text to be read at several block sizes. */
export interface ReadingRequest {
  /** Of any length. */
  readonly ids: readonly number[];
  /** How many of the first ids are given: seen, and not scored. */
  readonly given: number;
  /** Ascending. */
  readonly blockSizes: readonly number[];
  /** Draws of noise above block size 1: at least 2 where there are schedules. */
  readonly draws: number;
  readonly seed: number;
  /** Tells apart the texts that share a seed, from 0. */
  readonly textNumber?: number | undefined;
  readonly schedules: readonly Schedule[];
}

/** What reading yields; for each block size its `spread`s come before its `size`. */
export type ReadingEvent =
  /** Surprisal in nats of the ids from `from` on; at block size 1. */
  | { readonly type: 'tokens'; readonly from: number; readonly nats: readonly number[] }
  /** The text at a block size, in nats: one number where it is exact, otherwise one for each draw of its bound. */
  | { readonly type: 'size'; readonly blockSize: number; readonly draws: readonly number[] }
  /** The same as each draw of a schedule has it. */
  | {
      readonly type: 'spread';
      readonly blockSize: number;
      readonly schedule: Schedule;
      readonly draws: readonly number[];
    }
  /** Blocks that are read, of all block sizes. */
  | { readonly type: 'progress'; readonly done: number; readonly total: number };

/**
 * Scores a text at each block size: exactly at 1, above it by draws of noise. A text longer than the context is read in
 * windows, so that every id is scored once and after at least half a context. The events are a pure function of the
 * model and the request. Ends early once `signal` is aborted. Throws `bad-input`, and what the backend throws.
 */
export async function* read(
  backend: Backend,
  request: ReadingRequest,
  signal: AbortSignal,
): AsyncGenerator<ReadingEvent, void> {
  checkReading(request, backend.config);
  const { blockSizes, schedules, seed, textNumber = 0 } = request;
  const total = blockSizes.reduce((sum, size) => sum + blocksOf(windowsOf(request, size, backend.config), size), 0);
  let done = 0;
  for (const blockSize of blockSizes) {
    const samples = blockSize === 1 ? 1 : request.draws;
    const sums = new Array<number>(samples).fill(0);
    const spreads = schedules.map((schedule) => ({ schedule, sums: new Array<number>(samples).fill(0) }));
    for (const [window, { from, ...text }] of windowsOf(request, blockSize, backend.config).entries()) {
      const noise = { samples, seed, textNumber: textNumber + window };
      for await (const block of scoredBlocks(backend, text)) {
        const nats = await nelboDraws(block, noise);
        addTo(sums, nats);
        if (blockSize === 1) yield { type: 'tokens', from: from + block.position, nats };
        else for (const { schedule, sums } of spreads) addTo(sums, await scheduleDraws(block, schedule, noise));
        yield { type: 'progress', done: ++done, total };
        if (signal.aborted) return;
      }
    }
    if (blockSize > 1) {
      for (const { schedule, sums } of spreads) yield { type: 'spread', blockSize, schedule, draws: sums };
    }
    yield { type: 'size', blockSize, draws: sums };
  }
}

/** A part of a text, and where it begins in it. */
type Window = ScoredText & { readonly from: number };

/** As long as the context; each begins with the end of the one before, given. */
export function windowsOf(
  { ids, given }: Pick<ReadingRequest, 'ids' | 'given'>,
  blockSize: number,
  config: ModelConfig,
): Window[] {
  const ring = ringSize(config, blockSize);
  const half = Math.floor(ring / 2 / blockSize) * blockSize;
  const seen = Math.max(half, firstNoisedPosition(config));
  const windows: Window[] = [{ from: 0, ids: ids.slice(0, ring), given, blockSize }];
  for (let from = ring - seen; from + seen < ids.length; from += ring - seen) {
    windows.push({ from, ids: ids.slice(from, from + ring), given: Math.max(seen, given - from), blockSize });
  }
  return windows.filter(({ ids, given }) => given < ids.length);
}

function blocksOf(windows: readonly Window[], blockSize: number): number {
  return windows.reduce(
    (sum, { ids, given }) => sum + Math.ceil(ids.length / blockSize) - Math.floor(given / blockSize),
    0,
  );
}

function addTo(sums: number[], nats: readonly number[]): void {
  for (const [index, each] of nats.entries()) sums[index]! += each;
}

function checkReading({ ids, given, draws, seed, schedules, blockSizes }: ReadingRequest, config: ModelConfig): void {
  if (given >= ids.length) throw new UnmaskError('bad-input', 'There is nothing to read. Give a text.');
  if (blockSizes.length === 0) throw new UnmaskError('bad-input', 'There is no block size to read at. Give one.');
  for (const blockSize of blockSizes) checkBlockSize(blockSize, config);
  checkCount('The number of draws', draws);
  if (draws < 2 && schedules.length > 0)
    throw new UnmaskError('bad-input', 'The number of draws must be at least 2: one has no spread.');
  checkSeed(seed);
  if (schedules.every(({ from, to }) => from >= 0 && from < to && to <= 1)) return;
  throw new UnmaskError('bad-input', 'A schedule must be from a number to a larger one, both from 0 to 1.');
}
