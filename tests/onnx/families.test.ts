import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWasmBackend, type WasmBackend } from '../../src/backends/wasm/wasm-backend';
import type { ModelConfig } from '../../src/network/model-config';
import { largestDifference } from '../backends/difference';
import { readCheckpoint, readSafetensors } from '../reference/checkpoint-weights';
import { uncachedLogits, type Weights } from '../reference/uncached';
import { weightsFiles } from './weights-files';

const ROOT = process.env.REFERENCE ?? new URL('../fixtures', import.meta.url).pathname;
const TOLERANCE = 3e-4;
const f32 = { dtype: 'f32', embeddingDtype: 'f32' } as const;

/** Block size, and the mask id where config.json does not say. */
const FAMILIES = [
  ['bd3lm', 4, null],
  ['a2d-qwen3', 8, 190],
  ['sdar', 4, 190],
  ['Fast_dLLM_Qwen', 16, 186],
  ['llama', 1, null],
  ['qwen2', 1, null],
  ['qwen3', 1, null],
] as const;

describe.each(FAMILIES.filter(([family]) => existsSync(`${ROOT}/${family}-tiny`)))(
  '%s',
  (family, blockSize, maskId) => {
    const folder = new URL(`file://${ROOT}/${family}-tiny/`);
    let config: ModelConfig;
    let weights: Weights;
    let backend: WasmBackend;
    const golden = readSafetensors(new URL('golden.safetensors', folder));
    const ids = (name: string) => Array.from(golden.get(name)!.numbers);
    const numbers = (name: string) => golden.get(name)!.numbers;
    beforeAll(async () => {
      ({ config, weights } = readCheckpoint(folder, { maskId }));
      backend = await openWasmBackend(config, weightsFiles(config.network, f32, weights, 61));
    });
    afterAll(() => backend.dispose());

    /** The golden row of each predicted position: that of itself, or of the one before. */
    const shifted = (rows: Float32Array): Float32Array =>
      config.network.predicts === 'own' ? rows : rows.subarray(0, rows.length - config.vocabSize);
    const tail = (logits: Float32Array): Float32Array =>
      config.network.predicts === 'own' ? logits : logits.subarray(config.vocabSize);

    it('clean logits are the authors’, here and in plain loops', async () => {
      const isCausal = golden.has('causal_logits');
      const clean = ids(isCausal ? 'ids' : 'clean_ids');
      const expected = shifted(numbers(isCausal ? 'causal_logits' : 'clean_logits'));
      backend.begin(blockSize);
      const logits = await backend.logits(clean);
      expect(logits).toHaveLength(clean.length * config.vocabSize);
      expect(largestDifference(tail(logits), expected)).toBeLessThan(TOLERANCE);
      const plain = uncachedLogits(config, weights, { ids: clean, blockSize, noisedFrom: clean.length }, clean.length);
      expect(largestDifference(tail(plain), expected)).toBeLessThan(TOLERANCE);
    });

    it.runIf(golden.has('denoise_logits'))('denoise logits are the authors’, block after block', async () => {
      const { vocabSize, network } = config;
      const [clean, noised] = [ids('clean_ids'), ids('noised_ids')];
      const [denoised, cleaned] = [numbers('denoise_logits'), numbers('clean_logits')];
      const row = (logits: Float32Array, index: number) => logits.subarray(index * vocabSize, (index + 1) * vocabSize);
      backend.begin(blockSize);
      for (let start = 0; start < clean.length; start += blockSize) {
        const block = noised.slice(start, start + blockSize);
        const logits = await backend.logits(block);
        const text = { ids: [...clean.slice(0, start), ...block], blockSize, noisedFrom: start };
        const plain = uncachedLogits(config, weights, text, block.length);
        for (let at = 0; at < block.length; at++) {
          if (network.predicts === 'next' && start + at === 0) {
            expect([row(logits, at)[0], row(plain, at)[0]]).toEqual([Number.NaN, Number.NaN]);
            continue;
          }
          const shift = network.predicts === 'next' ? 1 : 0;
          const expected = at < shift ? row(cleaned, start - 1) : row(denoised, start + at - shift);
          expect(largestDifference(row(logits, at), expected)).toBeLessThan(TOLERANCE);
          expect(largestDifference(row(plain, at), expected)).toBeLessThan(TOLERANCE);
        }
        await backend.commitBlock(clean.slice(start, start + blockSize));
      }
    });
  },
);
