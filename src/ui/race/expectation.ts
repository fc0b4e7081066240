import type { GenerateSettings, ModelInfo } from '../../library/unmask';
import { rate, runsOnCpu } from '../fields/format';
import { cpuPassCost, cpuTokenCost, passesPerToken } from './costs';
import { type Pair, pairOf } from './pair';
import { nameOfBoth, upperFirst } from './racer-names';
import { EQUAL } from './verdict';

interface Forecast {
  readonly name: string;
  readonly blockSize: number;
  /** For each token; null where the text decides. */
  readonly passes: number | null;
  /** The time for each token; likewise. */
  readonly cost: number | null;
}

/** What to expect of a race on a CPU, and why: fewer passes alone do not win there. Null on a GPU, where they do. */
export function expectation(
  settings: Pair<GenerateSettings>,
  info: Pick<ModelInfo, 'backend' | 'adapter' | 'singlePasses'>,
): string | null {
  if (!runsOnCpu(info)) return null;
  const { singlePasses } = info;
  const names = nameOfBoth([{ settings: settings[0] }, { settings: settings[1] }]);
  const [one, other] = pairOf(
    settings.map((way, racer): Forecast => {
      return {
        name: names[racer] ?? '',
        blockSize: way.blockSize,
        passes: passesPerToken(way, singlePasses),
        cost: cpuTokenCost(way, singlePasses),
      };
    }),
  );
  return [winnerOf(one, other), reason(one, other), passesOf(one, other)].filter(Boolean).join(' ');
}

function winnerOf(one: Forecast, other: Forecast): string {
  const [first, second] = [one.cost, other.cost];
  if (first === null || second === null) return '';
  const ratio = Math.max(first, second) / Math.min(first, second);
  if (ratio < EQUAL) return 'Expect a close race.';
  return `Expect ${(first < second ? one : other).name} to win.`;
}

function reason(one: Forecast, other: Forecast): string {
  const [small, large] = [one.blockSize, other.blockSize].toSorted((a, b) => a - b) as [number, number];
  if (small === large) return 'Their passes cover as many tokens, so fewer of them are faster.';
  const times = cpuPassCost(large) / cpuPassCost(small);
  return (
    'This model runs on the CPU, where the arithmetic is the slow part: ' +
    `a pass over ${large} tokens takes about ${times.toFixed(times < 3 ? 1 : 0)} times as long as one over ${small}.`
  );
}

function passesOf(one: Forecast, other: Forecast): string {
  if (one.passes === null || other.passes === null) return 'How many passes they take depends on the text.';
  return `${upperFirst(one.name)}: ${rate(1 / one.passes)} tokens per pass; ${other.name}: ${rate(1 / other.passes)}.`;
}
