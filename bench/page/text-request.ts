import type { BlockwisePolicy, Sampling } from '../../src/backends/backend';
import { STREAM, uniform } from '../../src/backends/random';
import type { ModelConfig } from '../../src/network/model-config';

const SEED = 1;

/** A text to write: blocks of masks after a prompt of whole blocks, at most a ring full. */
export interface TextRequest {
  readonly promptIds: readonly number[];
  readonly blockSize: number;
  readonly policy: BlockwisePolicy;
  readonly sampling: Sampling;
}

/** A text by confidence and arg-max, for the same ids on every device, after a prompt of `context` random ids. */
export function textRequest(config: ModelConfig, blockSize: number, steps: number, context: number): TextRequest {
  const draw = (_: unknown, index: number) => {
    const id = Math.floor(uniform(SEED, STREAM.token, 0, index) * (config.vocabSize - 1));
    // Any but the mask.
    return id < config.maskId ? id : id + 1;
  };
  return {
    promptIds: Array.from({ length: context }, draw),
    blockSize,
    policy: { name: 'confidence', steps },
    sampling: { temperature: 0, topP: 1, seed: SEED },
  };
}
