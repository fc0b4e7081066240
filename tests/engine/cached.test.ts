import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import type { GenerationEvent, GenerationRequest } from '../../src/engine/generation';
import type { ModelSource } from '../../src/model/source/model-source';
import { largestDifference } from '../backends/difference';
import { readGolden } from '../backends/golden';
import { tinyModel } from '../backends/tiny-model';
import { testGpu } from '../gpu';
import { CpuBackend } from '../reference/cpu-backend';
import { folderWeights } from '../reference/folder-weights';
import type { Weights } from '../reference/uncached';
import { endOf, events, ofType, REQUEST } from './small-model';

/** Of probabilities and entropies: f32 in another order of sums. */
const TOLERANCE = 1e-3;
const byEntropy = (entropyBound: number) => ({ name: 'entropy', entropyBound }) as const;
const GREEDY = { temperature: 0, topP: 1, seed: 0 };

/** The same tokens in the same order, and nearly the same probabilities and entropies. */
function expectSameSteps(actual: readonly GenerationEvent[], expected: readonly GenerationEvent[]): void {
  const reveals = (all: readonly GenerationEvent[]) => ofType(all, 'step').map(({ reveal }) => reveal);
  const choices = (all: readonly GenerationEvent[]) =>
    reveals(all).map((reveal) => reveal.map(({ position, id }) => [position, id]));
  const probabilities = (all: readonly GenerationEvent[]) => reveals(all).flatMap((r) => r.map((p) => p.probability));
  expect(choices(actual)).toEqual(choices(expected));
  const entropies = (all: readonly GenerationEvent[]) => reveals(all).flatMap((r) => r.map((p) => p.entropy));
  expect(largestDifference(probabilities(actual), probabilities(expected))).toBeLessThan(TOLERANCE);
  expect(largestDifference(entropies(actual), entropies(expected))).toBeLessThan(TOLERANCE);
  expect(endOf(actual)).toEqual(endOf(expected));
}

let source: ModelSource;
let weights: Weights;
let uncached: CpuBackend;
beforeAll(async () => {
  const tiny = await tinyModel('f32');
  // It was trained on blocks of 4 alone, which is no matter here. Of 5 there are six to a ring of 30.
  source = { ...tiny, config: { ...tiny.config, blockSizes: [1, 4, 5] } };
  weights = await folderWeights(source);
  uncached = new CpuBackend(source.config, weights);
});

describe.each<[string, () => Promise<Backend>]>([
  ['webgpu', async () => createWebgpuBackend(source, await testGpu())],
  ['wasm', () => createWasmBackend(source)],
])('on %s, with its KV cache', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.dispose());

  // The context is 32 tokens: these texts leave it far behind. All have a prompt: masks alone are all alike, and
  // rounding would decide which of two equal probabilities comes first.
  it.each<[string, Partial<GenerationRequest>]>([
    ['greedy, from a prompt within the window', { promptIds: [5, 6, 7, 8, 9, 10], maxTokens: 62, sampling: GREEDY }],
    ['drawn, from one token', { promptIds: [9], maxTokens: 50, sampling: { temperature: 1, topP: 0.9, seed: 9 } }],
    ['in blocks that the context is no multiple of', { blockSize: 5, promptIds: [5, 6], maxTokens: 43 }],
    ['token by token', { blockSize: 1, policy: { name: 'first-hitting' }, promptIds: [1, 2, 3], maxTokens: 34 }],
    ['by entropy, greedy', { policy: byEntropy(6), promptIds: [5, 6, 7, 8, 9, 10], maxTokens: 30, sampling: GREEDY }],
    ['by entropy, drawn', { policy: byEntropy(3), blockSize: 5, promptIds: [5, 6], maxTokens: 33 }],
    ['from a prompt longer than the window', { promptIds: readGolden().cleanIds.concat(1, 2, 3, 4, 5), maxTokens: 9 }],
  ])('the text is that of no cache: %s', async (_, change) => {
    const request = { ...REQUEST, policy: { name: 'confidence', steps: 2 }, ...change } as const;
    expectSameSteps(await events(backend, request), await events(uncached, request));
  });
});

it('the window matters: with a longer one the text is another', async () => {
  const longer = new CpuBackend({ ...source.config, contextLength: 64 }, weights);
  const request = { maxTokens: 62, policy: { name: 'confidence', steps: 2 }, sampling: GREEDY } as const;
  const [ids, others] = [endOf(await events(uncached, request)).ids, endOf(await events(longer, request)).ids];
  expect(ids.slice(0, 32)).toEqual(others.slice(0, 32));
  expect(ids).not.toEqual(others);
});
