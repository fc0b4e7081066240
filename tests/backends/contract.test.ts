import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, DenoiseStep } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import type { ModelSource } from '../../src/model/source/model-source';
import { testGpu } from '../gpu';
import { CpuBackend } from '../reference/cpu-backend';
import { folderWeights } from '../reference/folder-weights';
import { entropyOf } from '../reference/sample';
import { largestDifference } from './difference';
import { readGolden } from './golden';
import { tinyModel } from './tiny-model';

const golden = readGolden();
const BLOCK = 4;
const VOCAB = 98;
const MASK = 97;
/** The authors' own code paths differ by 6e-5 on this model; the issue asks for 5e-4. */
const GOLDEN_TOLERANCE = 5e-4;
/** Two ways of ours through the same numbers. */
const OWN_TOLERANCE = 1e-4;

const blockOf = (ids: readonly number[], block: number) => ids.slice(block * BLOCK, (block + 1) * BLOCK);
const masks = Array<number>(BLOCK).fill(MASK);
const everyPosition = [0, 1, 2, 3];

function step(sampling: Partial<DenoiseStep['sampling']>, ids = masks, pass = 0): DenoiseStep {
  return { ids, positions: everyPosition, sampling: { temperature: 1, topP: 1, seed: 5, ...sampling }, pass };
}

async function commitAll(backend: Backend, ids: readonly number[]): Promise<void> {
  for (let block = 0; block < ids.length / BLOCK; block++) await backend.commitBlock(blockOf(ids, block));
}

/** −log p(clean id) / t at masked positions, 0 elsewhere, the mask's logit being −∞. */
function nelboTerms(logits: Float32Array, clean: number[], noised: number[], t: number): number[] {
  return clean.map((id, row) => {
    if (noised[row] !== MASK) return 0;
    const unmasked = logits.subarray(row * VOCAB, row * VOCAB + MASK);
    const peak = unmasked.reduce((a, b) => Math.max(a, b));
    const total = unmasked.reduce((sum, logit) => sum + Math.exp(logit - peak), 0);
    return (Math.log(total) + peak - unmasked[id]!) / t;
  });
}

/** What every backend must do; each is given the model and opened once. */
describe.each<[string, (source: ModelSource) => Promise<Backend>]>([
  ['webgpu', async (source) => createWebgpuBackend(source, await testGpu())],
  ['wasm', (source) => createWasmBackend(source)],
])('%s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open(await tinyModel('f32'));
  });
  afterAll(() => backend.dispose());

  describe('against the authors’ numbers', () => {
    it('clean logits: every block in one block-causal pass', async () => {
      backend.begin(BLOCK);
      expect(largestDifference(await backend.logits(golden.cleanIds), golden.cleanLogits)).toBeLessThan(
        GOLDEN_TOLERANCE,
      );
    });

    it('denoise logits and NELBO terms: each noised block after the clean ones', async () => {
      backend.begin(BLOCK);
      for (let block = 0; block < golden.t.length; block++) {
        const logits = await backend.logits(blockOf(golden.noisedIds, block));
        const expected = golden.denoiseLogits.subarray(block * BLOCK * VOCAB, (block + 1) * BLOCK * VOCAB);
        expect(largestDifference(logits, expected)).toBeLessThan(GOLDEN_TOLERANCE);
        const terms = nelboTerms(
          logits,
          blockOf(golden.cleanIds, block),
          blockOf(golden.noisedIds, block),
          golden.t[block]!,
        );
        expect(largestDifference(terms, blockOf([...golden.nelboTerms], block))).toBeLessThan(GOLDEN_TOLERANCE);
        await backend.commitBlock(blockOf(golden.cleanIds, block));
      }
    });
  });

  describe('the three verbs', () => {
    it('prefill leaves the same cache as committing block by block', async () => {
      const prompt = golden.cleanIds.slice(0, 20);
      backend.begin(BLOCK);
      await backend.prefill(prompt);
      expect(backend.position).toBe(20);
      const afterPrefill = await backend.logits(blockOf(golden.noisedIds, 5));
      backend.begin(BLOCK);
      await commitAll(backend, prompt);
      expect(backend.position).toBe(20);
      expect(largestDifference(await backend.logits(blockOf(golden.noisedIds, 5)), afterPrefill)).toBeLessThan(
        OWN_TOLERANCE,
      );
    });

    it('denoiseStep takes the arg-max of the logits, in the asked order, and moves nothing', async () => {
      backend.begin(BLOCK);
      await backend.prefill(golden.cleanIds.slice(0, 8));
      const noised = blockOf(golden.noisedIds, 2);
      const logits = await backend.logits(noised);
      const greedy = { temperature: 0, topP: 1, seed: 0 };
      const predictions = await backend.denoiseStep({ ids: noised, positions: [3, 0, 2], sampling: greedy, pass: 0 });
      expect(predictions.map(({ position }) => position)).toEqual([3, 0, 2]);
      for (const { position, id, probability, entropy } of predictions) {
        const row = [...logits.subarray(position * VOCAB, position * VOCAB + MASK)];
        expect(id).toBe(row.indexOf(Math.max(...row)));
        const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
        expect(probability).toBeCloseTo(Math.exp(row[id]!) / total, 4);
        expect(entropy).toBeCloseTo(entropyOf(row.map((logit) => Math.exp(logit) / total)), 4);
      }
      expect(backend.position).toBe(8);
      expect(await backend.logits(noised)).toEqual(logits);
    });

    it('another block size: 1, 3 and 32 give finite logits and whole rings', async () => {
      for (const blockSize of [1, 3, 32]) {
        backend.begin(blockSize);
        const block = golden.cleanIds.slice(0, blockSize);
        await backend.commitBlock(block);
        const logits = await backend.logits(block);
        expect(logits.every(Number.isFinite)).toBe(true);
        expect(backend.position).toBe(blockSize);
      }
    });

    it('asks for no position: no pass, no predictions', async () => {
      backend.begin(BLOCK);
      expect(await backend.denoiseStep({ ...step({}), positions: [] })).toEqual([]);
    });
  });

  describe('what a new sequence keeps of the one before', () => {
    const [prompt, noised] = [golden.cleanIds.slice(0, 12), blockOf(golden.noisedIds, 3)];

    it('the whole blocks they have in common, as if they had been computed anew', async () => {
      backend.begin(BLOCK);
      await backend.prefill(prompt);
      const afresh = await backend.logits(noised);
      // Five blocks, of which the first two stay.
      await backend.commitBlock(blockOf(golden.cleanIds, 6));
      await backend.commitBlock(blockOf(golden.cleanIds, 7));
      backend.begin(BLOCK, [...prompt.slice(0, 10), 1, 1, 1, 1]);
      expect(backend.position).toBe(8);
      await backend.prefill(prompt.slice(8));
      expect(backend.position).toBe(12);
      expect(largestDifference(await backend.logits(noised), afresh)).toBeLessThan(OWN_TOLERANCE);
      // Several blocks after what was kept.
      backend.begin(BLOCK, prompt.slice(0, 4));
      expect(backend.position).toBe(4);
      await backend.prefill(prompt.slice(4));
      expect(largestDifference(await backend.logits(noised), afresh)).toBeLessThan(OWN_TOLERANCE);
    });

    it('nothing for another block size, nor once a block gave way', async () => {
      backend.begin(BLOCK);
      await backend.prefill(golden.cleanIds.slice(0, 28));
      backend.begin(2, prompt);
      expect(backend.position).toBe(0);
      backend.begin(BLOCK);
      await backend.prefill(golden.cleanIds);
      backend.begin(BLOCK, golden.cleanIds);
      expect(backend.position).toBe(32);
      await backend.denoiseStep(step({}));
      backend.begin(BLOCK, golden.cleanIds);
      expect(backend.position).toBe(0);
    });

    it('what a run wrote, but for the blocks that it was ahead', async () => {
      const run = async () => {
        const wanted = { first: masks, blocks: 3, policy: { name: 'confidence', steps: 2 }, nfe: 0 } as const;
        const sampling = { temperature: 0, topP: 1, seed: 0 };
        const ids: number[][] = [];
        for await (const { reveal } of backend.writeBlocks({ ...wanted, sampling }, new AbortController().signal)) {
          if (ids.length === 0 || ids.at(-1)!.filter((id) => id >= 0).length === BLOCK) ids.push(Array(BLOCK).fill(-1));
          for (const { position, id } of reveal) ids.at(-1)![position] = id;
        }
        return ids;
      };
      backend.begin(BLOCK);
      const written = await run();
      expect(backend.position).toBe(2 * BLOCK);
      backend.begin(BLOCK, written.flat());
      expect(backend.position).toBe(2 * BLOCK);
      const kept = await backend.logits(noised);
      backend.begin(BLOCK);
      await backend.prefill(written.flat().slice(0, 2 * BLOCK));
      expect(largestDifference(kept, await backend.logits(noised))).toBeLessThan(OWN_TOLERANCE);
    });
  });

  it('a fork is a sequence of its own over the same weights', async () => {
    backend.begin(BLOCK);
    await backend.prefill(golden.cleanIds.slice(0, 12));
    const expected = await backend.logits(blockOf(golden.noisedIds, 3));
    const fork = await backend.fork();
    fork.begin(2);
    await fork.prefill(golden.cleanIds.slice(8, 20));
    const others = await fork.logits(golden.cleanIds.slice(0, 2));
    expect(await backend.logits(blockOf(golden.noisedIds, 3))).toEqual(expected);
    expect([backend.position, fork.position]).toEqual([12, 12]);
    fork.dispose();
    expect(await backend.logits(blockOf(golden.noisedIds, 3))).toEqual(expected);
    backend.begin(2);
    await backend.prefill(golden.cleanIds.slice(8, 20));
    expect(largestDifference(await backend.logits(golden.cleanIds.slice(0, 2)), others)).toBeLessThan(OWN_TOLERANCE);
  });

  describe('a short last block', () => {
    it('sees the cache and itself, whatever a longer text left in the ring', async () => {
      const source = await tinyModel('f32');
      const plain = new CpuBackend(source.config, await folderWeights(source));
      backend.begin(BLOCK);
      await backend.prefill(golden.cleanIds);
      for (const [committed, rows] of [
        [0, 3],
        [8, 1],
        [28, 2],
      ] as const) {
        for (const each of [backend, plain]) {
          each.begin(BLOCK);
          if (committed > 0) await each.prefill(golden.cleanIds.slice(0, committed));
        }
        const short = golden.noisedIds.slice(committed, committed + rows);
        const logits = await backend.logits(short);
        expect(logits).toHaveLength(rows * VOCAB);
        expect(largestDifference(logits, await plain.logits(short))).toBeLessThan(GOLDEN_TOLERANCE);
        expect(backend.position).toBe(committed);
      }
    });

    it('is refused once the ring is full, as is an id that is none', async () => {
      backend.begin(BLOCK);
      await expect(backend.logits([1, VOCAB])).rejects.toMatchObject({ code: 'bad-input' });
      await backend.prefill(golden.cleanIds);
      await expect(backend.logits([1, 2])).rejects.toMatchObject({
        code: 'bad-input',
        message: 'The context is full: only a whole block of 4 can follow.',
      });
      expect(await backend.logits([1, 2, 3, 4])).toHaveLength(BLOCK * VOCAB);
    });
  });

  describe('draws', () => {
    it('are the same for the same seed, pass and position, and others otherwise', async () => {
      const draw = async (sampling: Partial<DenoiseStep['sampling']>, pass: number) => {
        backend.begin(BLOCK);
        await backend.prefill(golden.cleanIds.slice(0, 4));
        return backend.denoiseStep(step({ temperature: 1.5, ...sampling }, masks, pass));
      };
      const first = await draw({ seed: 3 }, 1);
      expect(await draw({ seed: 3 }, 1)).toEqual(first);
      expect(await draw({ seed: 4 }, 1)).not.toEqual(first);
      expect(await draw({ seed: 3 }, 2)).not.toEqual(first);
    });

    it('do not depend on which other positions are asked for', async () => {
      backend.begin(BLOCK);
      const all = await backend.denoiseStep(step({ temperature: 1.5 }));
      const some = await backend.denoiseStep({ ...step({ temperature: 1.5 }), positions: [2] });
      expect(some).toEqual([all[2]]);
    });
  });

  describe('many rows at once', () => {
    it('a pass of 64 rows equals block by block', async () => {
      const source = await tinyModel('f32');
      const long = await open({ ...source, config: { ...source.config, contextLength: 64 } });
      const ids = [...golden.cleanIds, ...golden.cleanIds.toReversed()];
      long.begin(BLOCK);
      const together = await long.logits(ids);
      for (let block = 0; block < ids.length / BLOCK; block++) {
        if (block % 5 === 0) {
          const expected = together.subarray(block * BLOCK * VOCAB, (block + 1) * BLOCK * VOCAB);
          expect(largestDifference(await long.logits(blockOf(ids, block)), expected)).toBeLessThan(OWN_TOLERANCE);
        }
        await long.commitBlock(blockOf(ids, block));
      }
      const alone = await long.logits(blockOf(ids, 3));
      long.begin(BLOCK);
      await long.prefill(ids);
      expect(largestDifference(await long.logits(blockOf(ids, 3)), alone)).toBeLessThan(OWN_TOLERANCE);
      // A block of more than 32: the head goes over it in two parts.
      long.begin(40);
      const wide = { ids: Array<number>(40).fill(MASK), positions: Array.from({ length: 40 }, (_, row) => row) };
      const drawn = await long.denoiseStep({ ...step({ temperature: 0 }), ...wide });
      const logits = await long.logits(wide.ids);
      expect(drawn.map(({ id }) => id)).toEqual(
        wide.positions.map((row) => {
          const scores = [...logits.subarray(row * VOCAB, row * VOCAB + MASK)];
          return scores.indexOf(Math.max(...scores));
        }),
      );
      long.dispose();
    });
  });
});
