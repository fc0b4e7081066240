import type { Backend } from '../../src/backends/backend';
import { generate } from '../../src/engine/generate';
import type { GenerationEvent, GenerationRequest } from '../../src/engine/generation';
import type { ModelConfig } from '../../src/network/model-config';
import { CpuBackend, randomWeights } from '../reference/cpu-backend';

/** A model small enough for plain loops, with all that the engine must mind. */
export const SMALL: ModelConfig = {
  architecture: 'bd3lm',
  vocabSize: 14,
  hiddenSize: 8,
  mlpSize: 16,
  layers: 2,
  heads: 2,
  contextLength: 13,
  ropeBase: 10_000,
  normEpsilon: 1e-5,
  maskId: 13,
  bosId: null,
  eosId: null,
  blockSizes: [1, 2, 3, 4],
  defaultBlockSize: 4,
};

export function smallBackend(change: Partial<ModelConfig> = {}): CpuBackend {
  const config = { ...SMALL, ...change };
  return new CpuBackend(config, randomWeights(config, 11));
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
