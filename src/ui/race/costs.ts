import type { GenerateSettings, ModelInfo } from '../../worker/protocol';
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
      return null;
    default:
      return policy satisfies never;
  }
}

/**
 * How long a pass over so many tokens takes on a CPU, in passes over one: (n + 3) / 4. A pass has work that does not
 * depend on n, and work that does. Measured (docs/LOG.md): 1.7 times as long for 4 tokens, 4.5 for 16 and 8.6 for 32
 * in the embedded model; 1.6, 2.4 and 4.2 for 4, 8 and 16 in a layer of SmolLM2-135M as bytes.
 */
export function cpuPassCost(tokens: number): number {
  return (tokens + 3) / 4;
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
