import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend';
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
