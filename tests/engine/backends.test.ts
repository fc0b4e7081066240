import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import type { GenerationEvent, GenerationRequest } from '../../src/engine/generation';
import { nelboTerms } from '../../src/engine/likelihood';
import type { ModelSource } from '../../src/weights/model-source';
import { largestDifference } from '../backends/difference';
import { readGolden } from '../backends/golden';
import { tinyModel } from '../backends/tiny-model';
import { testGpu } from '../gpu';
import { CpuBackend, folderWeights } from '../reference/cpu-backend';
import { endOf, events, ofType, REQUEST } from './small-model';

interface Trace {
  readonly prompt_ids: number[];
  readonly final_ids: number[];
  readonly steps: { block: number; step: number; reveal: [position: number, id: number, probability: number][] }[];
}

function readTrace(name: string): Trace {
  return JSON.parse(readFileSync(new URL(`../fixtures/bd3lm-tiny/${name}`, import.meta.url), 'utf8')) as Trace;
}

/** Of probabilities: f32 in another order of sums. */
const TOLERANCE = 1e-3;
const BLOCK = 4;
const GREEDY = { temperature: 0, topP: 1, seed: 0 };

/** The same tokens in the same order, and nearly the same probabilities. */
function expectSameSteps(actual: readonly GenerationEvent[], expected: readonly GenerationEvent[]): void {
  const reveals = (all: readonly GenerationEvent[]) => ofType(all, 'step').map(({ reveal }) => reveal);
  const choices = (all: readonly GenerationEvent[]) =>
    reveals(all).map((reveal) => reveal.map(({ position, id }) => [position, id]));
  const probabilities = (all: readonly GenerationEvent[]) => reveals(all).flatMap((r) => r.map((p) => p.probability));
  expect(choices(actual)).toEqual(choices(expected));
  expect(largestDifference(probabilities(actual), probabilities(expected))).toBeLessThan(TOLERANCE);
  expect(endOf(actual)).toEqual(endOf(expected));
}

let source: ModelSource;
let uncached: CpuBackend;
beforeAll(async () => {
  source = await tinyModel('f32');
  uncached = new CpuBackend(source.config, await folderWeights(source));
});

describe.each<[string, () => Promise<Backend>]>([
  ['webgpu', async () => createWebgpuBackend(source, await testGpu())],
  ['wasm', () => createWasmBackend(source)],
  ['plain loops', async () => uncached],
])('bd3lm-tiny on %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.dispose());

  it.each([
    ['greedy-trace-p2-k1.json', 4],
    ['greedy-trace-p1-k2.json', 2],
  ])('%s, token for token', async (file, steps) => {
    const trace = readTrace(file);
    const promptBlocks = trace.prompt_ids.length / BLOCK;
    const all = await events(backend, {
      promptIds: trace.prompt_ids,
      maxTokens: trace.final_ids.length - trace.prompt_ids.length,
      policy: { name: 'confidence', steps },
      sampling: GREEDY,
    });
    expect(endOf(all).ids).toEqual(trace.final_ids);
    const told = ofType(all, 'step');
    expect(told).toHaveLength(trace.steps.length);
    for (const [index, { block, step, reveal }] of trace.steps.entries()) {
      const expected = reveal.map(([position, id, probability]) => ({ position, id, probability }));
      expect(told[index]).toMatchObject({ block: block - promptBlocks, step });
      expect(told[index]!.reveal.map(({ position, id }) => [position, id])).toEqual(
        expected.map(({ position, id }) => [position, id]),
      );
      const difference = largestDifference(
        told[index]!.reveal.map(({ probability }) => probability),
        expected.map(({ probability }) => probability),
      );
      expect(difference).toBeLessThan(TOLERANCE);
    }
  });

  it('the NELBO terms of the authors', async () => {
    const { cleanIds, noisedIds, t, nelboTerms: expected } = readGolden();
    const terms = await nelboTerms(backend, { blockSize: BLOCK, clean: cleanIds, noised: noisedIds, t });
    expect(largestDifference(terms, expected)).toBeLessThan(5e-4);
    expect(terms.some((term) => term > 1)).toBe(true);
  });

  it('refuses to score texts that do not belong together', async () => {
    const text = { blockSize: BLOCK, clean: [1, 2, 3, 4], noised: [1, 2, 3, 4], t: [1] };
    for (const change of [{ noised: [1, 2, 3] }, { t: [1, 1] }, { blockSize: 2 }]) {
      await expect(nelboTerms(backend, { ...text, ...change })).rejects.toMatchObject({ code: 'bad-input' });
    }
  });

  // The context is 32 tokens: these texts leave it far behind.
  it.each<[string, Partial<GenerationRequest>]>([
    ['greedy, from a prompt within the window', { promptIds: [5, 6, 7, 8, 9, 10], maxTokens: 62, sampling: GREEDY }],
    ['drawn, from nothing', { maxTokens: 50, sampling: { temperature: 1, topP: 0.9, seed: 9 } }],
    ['from a prompt longer than the window', { promptIds: readGolden().cleanIds.concat(1, 2, 3, 4, 5), maxTokens: 9 }],
  ])('cached is uncached: %s', async (_, change) => {
    const request = { ...REQUEST, policy: { name: 'confidence', steps: 2 }, ...change } as const;
    expectSameSteps(await events(backend, request), await events(uncached, request));
  });
});

it('the window matters: with a longer one the text is another', async () => {
  const longer = new CpuBackend({ ...source.config, contextLength: 64 }, await folderWeights(source));
  const request = { maxTokens: 62, policy: { name: 'confidence', steps: 2 }, sampling: GREEDY } as const;
  const [ids, others] = [endOf(await events(uncached, request)).ids, endOf(await events(longer, request)).ids];
  expect(ids.slice(0, 32)).toEqual(others.slice(0, 32));
  expect(ids).not.toEqual(others);
});
