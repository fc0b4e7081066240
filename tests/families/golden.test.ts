import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, RevealPolicy } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { generate } from '../../src/engine/generate';
import { prefillWhole } from '../../src/engine/prefill';
import type { ModelSource } from '../../src/model/source/model-source';
import { exportedModel } from '../backends/tiny-model';
import { testGpu } from '../gpu';
import { expectClose } from '../kernels/compare';
import { FIXTURES, type Fixture, folderOf, readGolden, readTrace, type TraceCase } from './fixtures';

/** Of logits: the authors' own passes differ from each other by a fifth of it. See the fixtures' READMEs. */
const TOLERANCE = { atol: 3e-4, rtol: 0 };
const NEVER = new AbortController().signal;
const GREEDY = { temperature: 0, topP: 1, seed: 0 };

describe.each(FIXTURES)('$folder', (fixture) => {
  let source: ModelSource;
  beforeAll(async () => {
    source = await exportedModel(folderOf(fixture), 'f32');
  });

  describe.each<[string, () => Promise<Backend>]>([
    ['webgpu', async () => createWebgpuBackend(source, await testGpu())],
    ['wasm', () => createWasmBackend(source)],
  ])('%s', (_, open) => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(() => backend.dispose());

    it('the logits of the authors', async () => {
      const golden = readGolden(fixture);
      const { blockSize } = fixture;
      const { vocabSize } = backend.config;
      const clean = golden.ids(golden.has('clean_ids') ? 'clean_ids' : 'ids');
      const cleanLogits = golden.floats(golden.has('clean_logits') ? 'clean_logits' : 'causal_logits');
      // Where rows predict the next token, what the authors' row i gives is our answer for token i + 1.
      const shift = backend.config.network.predicts === 'next' ? 1 : 0;
      const rowsOf = (logits: Float32Array, from: number, to: number) =>
        logits.subarray(from * vocabSize, to * vocabSize);
      backend.begin(blockSize);
      const told = await backend.logits(clean);
      expectClose(rowsOf(told, shift, clean.length), rowsOf(cleanLogits, 0, clean.length - shift), TOLERANCE);
      if (shift === 1) expect(told.subarray(0, vocabSize).every(Number.isNaN)).toBe(true);
      if (!golden.has('noised_ids')) return;

      const noised = golden.ids('noised_ids');
      const denoiseLogits = golden.floats('denoise_logits');
      for (let from = 0; from < clean.length; from += blockSize) {
        backend.begin(blockSize, clean.slice(0, from));
        await prefillWhole(backend, clean.slice(0, from), blockSize, NEVER);
        const block = await backend.logits(noised.slice(from, from + blockSize));
        const expected = rowsOf(denoiseLogits, from, from + blockSize - shift);
        expectClose(rowsOf(block, shift, blockSize), expected, TOLERANCE);
        if (shift === 1 && from > 0) {
          expectClose(rowsOf(block, 0, 1), rowsOf(cleanLogits, from - 1, from), TOLERANCE);
        }
      }
    });

    it.each(fixture.traces)('$file, token for token', async (trace) => {
      await expectTrace(backend, fixture, trace);
    });

    it.runIf(fixture.folder.startsWith('a2d'))('a prompt whose first block is short', async () => {
      const golden = readGolden(fixture);
      const prompt = golden.ids('padded_prompt_ids');
      const { maskId } = backend.config;
      backend.begin(fixture.blockSize, prompt);
      await prefillWhole(backend, prompt, fixture.blockSize, NEVER);
      const logits = await backend.logits(new Array<number>(fixture.blockSize).fill(maskId));
      expectClose(logits, golden.floats('padded_next_block_logits'), TOLERANCE);
    });
  });
});

async function expectTrace(backend: Backend, fixture: Fixture, test: TraceCase): Promise<void> {
  const trace = readTrace(fixture, test);
  const { prompt_ids: promptIds, final_ids: finalIds, answer_ids: answerIds } = trace;
  const reveals: (readonly [number, number])[][] = [];
  let ids: readonly number[] = [];
  for await (const event of generate(
    backend,
    {
      promptIds,
      blockSize: fixture.blockSize,
      maxTokens: finalIds.length - promptIds.length,
      policy: policyOf(test),
      subBlockSize: test.subBlockSize,
      sampling: GREEDY,
    },
    NEVER,
  )) {
    if (event.type === 'step') reveals.push(event.reveal.map(({ position, id }) => [position, id]));
    if (event.type === 'end') ids = event.ids;
  }
  const answer = answerIds ?? finalIds.slice(promptIds.length);
  expect(ids.slice(promptIds.length, promptIds.length + answer.length)).toEqual(answer);
  // After the answer there is a stop id or nothing.
  const { stopIds } = backend.config;
  const rest = ids.slice(promptIds.length + answer.length);
  expect(rest.length === 0 || (rest.length === 1 && stopIds.includes(rest[0]!))).toBe(true);
  // A stop found within a block ends the authors' trace there, and ours with the block.
  const told = trace.steps?.map(({ reveal }) => reveal.map(([position, id]) => [position, id]));
  if (told) expect(reveals.slice(0, told.length)).toEqual(told.slice(0, reveals.length));
}

function policyOf({ policy, steps, threshold }: TraceCase): RevealPolicy {
  return policy === 'confidence' ? { name: policy, steps: steps! } : { name: policy, threshold: threshold! };
}
