import type { Backend } from '../../src/backends/backend';
import { generate } from '../../src/engine/generate';
import type { GenerationEvent, GenerationRequest } from '../../src/engine/generation';
import { describeModel } from '../../src/network/families';
import type { CheckpointFacts } from '../../src/network/family';
import type { ModelConfig } from '../../src/network/model-config';
import { CpuBackend } from '../reference/cpu-backend';
import { randomWeights } from '../reference/random-weights';

/** What a checkpoint without a tokenizer says. */
export const NO_FACTS: CheckpointFacts = {
  maskId: null,
  bosId: null,
  addsBos: false,
  eosIds: [],
  generationEosIds: [],
  tiedHead: false,
  mlpSize: null,
};

/** A model small enough for plain loops, with all that the engine must mind. */
export const SMALL = smallConfig({});

/** BD3-LM without adaLN; `change` is of what does not follow from its config.json, but for the vocabulary. */
function smallConfig(change: Partial<ModelConfig>): ModelConfig {
  const config = {
    model_type: 'bd3lm',
    vocab_size: change.vocabSize ?? 14,
    hidden_dim: 8,
    n_blocks: 2,
    n_heads: 2,
    model_length: 13,
    adaln: false,
    block_size: 4,
    block_sizes: [1, 2, 3, 4],
  };
  return { ...describeModel(config, { ...NO_FACTS, mlpSize: 16 }), ...change };
}

export function smallBackend(change: Partial<ModelConfig> = {}): CpuBackend {
  const config = smallConfig(change);
  return new CpuBackend(config, randomWeights(config.network, 11));
}

export const REQUEST: GenerationRequest = {
  promptIds: [],
  blockSize: 4,
  maxTokens: 8,
  policy: { name: 'first-hitting' },
  sampling: { temperature: 1, topP: 1, seed: 3 },
};

/** All events of a request that only says what matters. */
export async function events(
  backend: Backend,
  request: Partial<GenerationRequest> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<GenerationEvent[]> {
  const all: GenerationEvent[] = [];
  for await (const event of generate(backend, { ...REQUEST, ...request }, signal)) all.push(event);
  return all;
}

type Of<Type extends GenerationEvent['type']> = Extract<GenerationEvent, { type: Type }>;

export function ofType<Type extends GenerationEvent['type']>(all: readonly GenerationEvent[], type: Type): Of<Type>[] {
  return all.filter((event): event is Of<Type> => event.type === type);
}

/** The last event, which is always `end`. */
export function endOf(all: readonly GenerationEvent[]): Of<'end'> {
  return ofType(all, 'end').at(-1)!;
}
