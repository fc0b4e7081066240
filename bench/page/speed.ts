import { UnmaskError } from '../../src/errors';
import type { SpeedCase } from '../report';
import type { Racers } from './bench-model';
import { backendContestant, type Contestant, ortContestant } from './contestant';
import { type Race, race } from './race';
import { type TextRequest, textRequest } from './text-request';

/** What to race. */
export interface SpeedPlan {
  /** `stories 10.5 M` */
  readonly model: string;
  readonly blockSizes: readonly number[];
  /** Tokens in the cache before the first block: multiples of every block size, at most the context length. */
  readonly contexts: readonly number[];
  /** For the timed part of one race, in ms. */
  readonly budget: number;
  /** Repetitions of the first race where there is no time for three; of the others it is one then. */
  readonly leastRounds: number;
  /** For all of it, in ms: a race that would go beyond is left out. */
  readonly limit: number;
  /** How long all three together may take for a row of a pass, in ms; 0 where nothing is known. */
  readonly expectedMsPerRow: number;
}

export interface SpeedResult {
  readonly cases: readonly SpeedCase[];
  readonly skipped: readonly string[];
  /** What a row of a pass took all three together at the least, in ms. */
  readonly msPerRow: number;
}

type CaseShape = Pick<SpeedCase, 'name' | 'blockSize' | 'steps' | 'context'>;

const MOST_STEPS = 8;
/** The most that a repetition writes. */
const MOST_TOKENS = 256;
const MOST_BLOCKS = 32;

/** Races our backend against the loop over onnxruntime-web's WebGPU provider and against the wasm backend. */
export async function measureSpeed(
  racers: Racers,
  plan: SpeedPlan,
  progress: (line: string) => void,
): Promise<SpeedResult> {
  const cases: SpeedCase[] = [];
  const skipped: string[] = [];
  const end = performance.now() + plan.limit;
  let msPerRow = plan.expectedMsPerRow;
  for (const [index, shape] of caseShapes(plan).entries()) {
    const start = performance.now();
    const leastRounds = index === 0 ? plan.leastRounds : 1;
    const rows = leastRows(shape, leastRounds);
    const expected = rows * msPerRow;
    if (start + expected > end) {
      skipped.push(`${shape.name}: it would take ${Math.round(expected / 1000)} s here`);
      continue;
    }
    progress(`racing ${shape.name}`);
    const found = speedCases(shape, await raceAll(racers, shape, plan.budget, leastRounds));
    for (const each of found) progress(speedLine(each));
    cases.push(...found);
    const took = (performance.now() - start) / rows;
    msPerRow = msPerRow === 0 ? took : Math.min(msPerRow, took);
  }
  return { cases, skipped, msPerRow };
}

function caseShapes({ model, blockSizes, contexts }: SpeedPlan): CaseShape[] {
  return contexts.flatMap((context) =>
    blockSizes.map((blockSize) => ({
      name: `${model}, L′ = ${blockSize}, context ${context}`,
      blockSize,
      steps: Math.min(MOST_STEPS, blockSize),
      context,
    })),
  );
}

/** Rows of a race at the least: a block of a prompt and one in a step, then in each round the prompt and two blocks. */
function leastRows({ blockSize, steps, context }: CaseShape, rounds: number): number {
  return 2 * blockSize + rounds * (context + blockSize * (2 * steps + 1));
}

function raceAll(
  racers: Racers,
  { blockSize, steps, context }: CaseShape,
  budget: number,
  leastRounds: number,
): Promise<Race> {
  const request = textRequest(racers.ours.config, blockSize, steps, context);
  const settings = { budget, leastRounds, mostBlocks: Math.min(MOST_BLOCKS, MOST_TOKENS / blockSize) };
  // After nothing at all, all positions are alike, and rounding would choose between them.
  const short: TextRequest = {
    ...request,
    promptIds: request.promptIds.slice(0, blockSize),
    policy: { name: 'confidence', steps: 1 },
  };
  return race(contestants(racers, short), contestants(racers, request), settings);
}

function contestants(racers: Racers, request: TextRequest): Contestant[] {
  return [
    backendContestant(racers.ours, request, racers.settleOurs),
    ortContestant(racers.ort, request, racers.settleOrt),
    backendContestant(racers.wasm, request, async () => {}, racers.wasmIsExact),
  ];
}

function speedCases(shape: CaseShape, { rounds, blocks, msPerBlock }: Race): SpeedCase[] {
  const [ours, ort, wasm] = msPerBlock.map((ms) => ms / shape.blockSize);
  if (!ours || !ort || !wasm) throw new UnmaskError('internal', 'A race was not timed.');
  return (
    [
      ['ort-webgpu', ort],
      ['wasm', wasm],
    ] as const
  ).map(([peer, ms]) => ({
    ...shape,
    ours_ms: ours,
    peer,
    peer_ms: ms,
    ratio: ms / ours,
    rounds,
    blocks,
  }));
}

function speedLine({ name, ours_ms, peer, peer_ms, ratio }: SpeedCase): string {
  return `${name}: ours ${ours_ms.toFixed(2)}, ${peer} ${peer_ms.toFixed(2)} ms a token, ratio ${ratio.toFixed(2)}`;
}
