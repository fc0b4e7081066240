import type { GenerateSettings, ModelInfo } from '../../library/unmask';
import type { Story } from '../story/story';

type Way = Pick<GenerateSettings, 'blockSize' | 'policy' | 'steps'>;

/**
 * Passes of the network for each token of a long text: the steps of a block and the pass that stores it. Null where
 * the text decides how many steps a block takes.
 */
export function passesPerToken({ blockSize, policy, steps }: Way, singlePasses: ModelInfo['singlePasses']) {
  if (blockSize === 1) return singlePasses;
  switch (policy) {
    case 'first-hitting':
      return (blockSize + 1) / blockSize;
    case 'confidence':
    case 'ancestral':
      return (Math.min(steps, blockSize) + 1) / blockSize;
    case 'threshold':
    case 'entropy':
    case 'speculative':
      return null;
    default:
      return policy satisfies never;
  }
}

/**
 * How long a pass over so many tokens takes on a CPU, in passes over one: (n + 2) / 3. A pass has work that does not
 * depend on n, and more that does. Fitted to what was measured with the embedded model: docs/LOG.md, "What the styles
 * cost on a CPU".
 */
export function cpuPassCost(tokens: number): number {
  return (tokens + 2) / 3;
}

/**
 * How long a token takes on a CPU, in passes over one; null where the text decides. The pass that stores a block covers
 * the next one too, which then needs a step less; not where rows predict the next token.
 */
export function cpuTokenCost(way: Way, singlePasses: ModelInfo['singlePasses']): number | null {
  const passes = passesPerToken(way, singlePasses);
  if (passes === null) return null;
  const { blockSize } = way;
  if (singlePasses === 1) return passes * cpuPassCost(blockSize);
  const stepsAlone = passes * blockSize - 2;
  return (cpuPassCost(2 * blockSize) + stepsAlone * cpuPassCost(blockSize)) / blockSize;
}

/** So many rows a pass has room for, where the storing pass of a block may take the next block along. */
const ROWS = 32;

/**
 * How often a GPU reads all of the weights for the passes of a finished text. A pass reads them once, whatever it
 * covers. The pass that stores a block rides along with the first step of the next where both fit into a pass, as the
 * webgpu backend does it; not where rows predict the next token.
 */
export function weightReads(
  { nfe, blocks, settings }: Pick<Story, 'nfe' | 'blocks' | 'settings'>,
  singlePasses: ModelInfo['singlePasses'],
): number {
  const ridesAlong = singlePasses === 2 && 2 * settings.blockSize <= ROWS;
  return ridesAlong ? nfe - Math.max(0, blocks.length - 1) : nfe;
}
