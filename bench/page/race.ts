import { UnmaskError } from '../../src/errors';
import { median } from '../median';
import type { Contestant } from './contestant';

/** How a race was timed, and what came out. */
export interface Race {
  /** Timed repetitions of each contestant. */
  readonly rounds: number;
  /** Blocks of a repetition. */
  readonly blocks: number;
  /** Median ms a block, contestant by contestant. */
  readonly msPerBlock: readonly number[];
}

export interface RaceSettings {
  /** For the timed repetitions with their prompts, in ms. */
  readonly budget: number;
  /** The most blocks of a repetition. */
  readonly mostBlocks: number;
  /** Repetitions where the budget does not allow three. */
  readonly leastRounds: number;
}

const MOST_ROUNDS = 5;
const LEAST_ROUNDS = 3;
/** The clean pass between two blocks is part of the work. */
const LEAST_BLOCKS = 2;

/**
 * Lets contestants write the same text by turns, and times them without the prompt. A first round of one
 * block of `warmUp`, the same contestants with a shorter text, compiles their shaders and is not timed; a second
 * one of two blocks tells how many more the budget allows. Where it does not allow three, that round is
 * the first that counts.
 *
 * Throws `internal` where one of them that is exact writes other ids than the first.
 */
export async function race(
  warmUp: readonly Contestant[],
  contestants: readonly Contestant[],
  settings: RaceSettings,
): Promise<Race> {
  await round(warmUp, 1);
  const start = performance.now();
  const probe = await round(contestants, LEAST_BLOCKS);
  const written = probe.reduce((sum, ms) => sum + ms);
  const prompts = performance.now() - start - written;
  const { rounds, blocks } = planRounds(prompts, written / LEAST_BLOCKS, settings);
  const times = rounds === 0 ? [probe] : [];
  while (times.length < (rounds || settings.leastRounds)) times.push(await round(contestants, blocks));
  return {
    rounds: times.length,
    blocks,
    msPerBlock: contestants.map((_, index) => median(times.map((each) => each[index]! / blocks))),
  };
}

/**
 * How many rounds of how many blocks a budget allows, where a round takes `prompts` ms and `block` ms for
 * each block. No rounds where fewer than three would fit.
 */
export function planRounds(
  prompts: number,
  block: number,
  { budget, mostBlocks }: Omit<RaceSettings, 'leastRounds'>,
): { readonly rounds: number; readonly blocks: number } {
  const fitting = Math.floor(budget / (prompts + LEAST_BLOCKS * block));
  if (fitting < LEAST_ROUNDS) return { rounds: 0, blocks: LEAST_BLOCKS };
  const rounds = fitting < MOST_ROUNDS ? LEAST_ROUNDS : MOST_ROUNDS;
  const affordable = Math.floor((budget / rounds - prompts) / block);
  return { rounds, blocks: Math.max(LEAST_BLOCKS, Math.min(mostBlocks, affordable)) };
}

/** Ms that each contestant took to write so many blocks after its prompt. */
async function round(contestants: readonly Contestant[], blocks: number): Promise<number[]> {
  const times: number[] = [];
  const texts: (readonly number[])[] = [];
  for (const { prepare, write } of contestants) {
    await prepare();
    const start = performance.now();
    texts.push(await write(blocks));
    times.push(performance.now() - start);
  }
  checkSame(contestants, texts);
  return times;
}

function checkSame(contestants: readonly Contestant[], texts: readonly (readonly number[])[]): void {
  const [first, ...others] = texts;
  for (const [index, text] of others.entries()) {
    if (!contestants[index + 1]!.exact) continue;
    const length = Math.max(text.length, first!.length);
    const at = [...Array(length).keys()].find((place) => text[place] !== first![place]);
    if (at === undefined) continue;
    const names = `${contestants[0]!.name} and ${contestants[index + 1]!.name}`;
    throw new UnmaskError('internal', `${names} differ at token ${at}: ${first![at]} and ${text[at]}.`);
  }
}
