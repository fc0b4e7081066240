import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, RevealPolicy } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { nelboTerms } from '../../src/engine/likelihood';
import type { ModelSource } from '../../src/model/source/model-source';
import { largestDifference } from '../backends/difference';
import { readGolden } from '../backends/golden';
import { tinyModel } from '../backends/tiny-model';
import { testGpu } from '../gpu';
import { CpuBackend } from '../reference/cpu-backend';
import { folderWeights } from '../reference/folder-weights';
import { readTrace, TRACES } from './greedy-traces';
import { endOf, events, ofType } from './small-model';

/** Of probabilities: f32 in another order of sums. */
const TOLERANCE = 1e-3;
const BLOCK = 4;
const GREEDY = { temperature: 0, topP: 1, seed: 0 };
const WARM = { temperature: 1.2, topP: 0.95, seed: 3 };

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

  it.each(TRACES)('$file, token for token', async ({ file, steps }) => {
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

  it.each<RevealPolicy>([
    { name: 'first-hitting' },
    { name: 'ancestral', steps: 3 },
    { name: 'confidence', steps: 2 },
    { name: 'threshold', threshold: 0.3 },
  ])('guesses of $name are the arg-max of every place left masked, and change no word', async (policy) => {
    const request = { promptIds: [5, 9, 2, 7, 11], maxTokens: 11, policy, sampling: WARM };
    const plain = await events(backend, request);
    const told = ofType(await events(backend, { ...request, report: 'guesses' }), 'step');
    const choices = ({ reveal }: Pick<(typeof told)[number], 'reveal'>) =>
      reveal.map(({ position, id }) => [position, id]);
    expect(told.map(choices)).toEqual(ofType(plain, 'step').map(choices));
    expect(ofType(plain, 'step').every(({ guesses }) => guesses === undefined)).toBe(true);

    const judgesAll = policy.name === 'confidence' || policy.name === 'threshold';
    let draft: (number | null)[] = [11, null, null, null];
    let committed = [5, 9, 2, 7];
    for (const { reveal, guesses = [], block, step } of told) {
      if (step === 0 && block > 0) {
        committed = [...committed, ...(draft as number[])];
        draft = [null, null, null, null];
      }
      uncached.begin(BLOCK);
      await uncached.prefill(committed);
      const ids = draft.map((id) => id ?? source.config.maskId);
      const positions = ids.flatMap((id, position) => (id === source.config.maskId ? [position] : []));
      const best = await uncached.denoiseStep({ ids, positions, sampling: GREEDY, pass: 0 });
      for (const { position, id } of reveal) draft[position] = id;
      const expected = best.filter(({ position }) => draft[position] === null);
      expect(guesses.map(({ position, id }) => [position, id])).toEqual(
        expected.map(({ position, id }) => [position, id]),
      );
      const probabilities = expected.map(({ probability }) => probability);
      expect(
        largestDifference(
          guesses.map(({ probability }) => probability),
          probabilities,
        ),
      ).toBeLessThan(TOLERANCE);
      for (const { drawn, probability } of guesses) {
        expect(drawn === null).toBe(!judgesAll);
        expect(drawn ?? 0).toBeLessThanOrEqual(probability);
      }
      if (policy.name === 'threshold') expect(guesses.every(({ drawn }) => drawn! <= 0.3)).toBe(true);
    }
    expect(told.flatMap(({ guesses = [] }) => guesses).length).toBeGreaterThan(0);
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
});
