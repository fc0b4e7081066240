import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { blockNelbos, type NoiseDraws, type ScoredText } from '../../src/engine/nelbo';
import type { ModelSource } from '../../src/model/source/model-source';
import { tinyModel } from '../backends/tiny-model';
import { testGpu } from '../gpu';
import { folderWeights } from '../reference/folder-weights';
import { exactNelbo } from '../reference/nelbo';
import type { Weights } from '../reference/uncached';
import { SMALL, smallBackend } from './small-model';

/** Of nats a token: f32 in another order of sums. */
const TOLERANCE = 1e-4;
const ONCE: NoiseDraws = { samples: 1, seed: 0, textNumber: 0 };
/** Ten ids: at block size 4 one given and three to score, four, and a short block of two. */
const IDS = [0, 31, 7, 7, 88, 45, 2, 61, 19, 90];

async function blocksOf(backend: Backend, text: ScoredText, draws: Partial<NoiseDraws> = {}): Promise<number[]> {
  const nats: number[] = [];
  for await (const block of blockNelbos(backend, text, { ...ONCE, ...draws })) nats.push(block);
  return nats;
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

let source: ModelSource;
let weights: Weights;
beforeAll(async () => {
  const tiny = await tinyModel('f32');
  // It was trained on blocks of 4 alone, which is no matter here.
  source = { ...tiny, config: { ...tiny.config, blockSizes: [1, 4, 16] } };
  weights = await folderWeights(source);
});

describe.each<[string, () => Promise<Backend>]>([
  ['webgpu', async () => createWebgpuBackend(source, await testGpu())],
  ['wasm', () => createWasmBackend(source)],
])('on %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.dispose());

  it.each([
    ['all but the first id', IDS, 1],
    ['what comes after a prompt', IDS, 6],
    ['a text as long as the context', Array.from({ length: 32 }, (_, index) => (index * 37) % 97), 1],
  ])('block size 1 is the exact likelihood: %s', async (_, ids, given) => {
    const text = { ids, given, blockSize: 1 };
    const blocks = await blocksOf(backend, text, { samples: 3 });
    expect(blocks).toHaveLength(ids.length - given);
    const exact = exactNelbo(source.config, weights, text);
    expect(exact.variance).toBeCloseTo(0);
    expect(Math.abs(sum(blocks) - exact.nats) / blocks.length).toBeLessThan(TOLERANCE);
  });

  it.each([
    ['blocks of 4, the last one short', { ids: IDS, given: 1, blockSize: 4 }, 3],
    ['a prompt that ends within a block', { ids: IDS, given: 6, blockSize: 4 }, 2],
    ['one block that is short', { ids: IDS.slice(0, 5), given: 1, blockSize: 16 }, 1],
  ])('many samples agree with every way to mask: %s', async (_, text, blocks) => {
    const samples = 3000;
    const estimate = await blocksOf(backend, text, { samples, seed: 4 });
    expect(estimate).toHaveLength(blocks);
    const { nats, variance } = exactNelbo(source.config, weights, text);
    expect(variance).toBeGreaterThan(0.01);
    expect(Math.abs(sum(estimate) - nats)).toBeLessThan(4 * Math.sqrt(variance / samples));
  });
});

describe('draws', () => {
  // Blocks of 4, 4 and 3; of the first, three ids are scored.
  const text = { ids: [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5], given: 1, blockSize: 4 };

  it('are the same for the same seed and text, and others otherwise', async () => {
    const backend = smallBackend();
    const first = await blocksOf(backend, text);
    expect(await blocksOf(backend, text)).toEqual(first);
    expect(await blocksOf(backend, text, { seed: 1 })).not.toEqual(first);
    expect(await blocksOf(backend, text, { textNumber: 1 })).not.toEqual(first);
  });

  it('never mask what is given', async () => {
    const backend = smallBackend();
    const logits = vi.spyOn(backend, 'logits');
    await blocksOf(backend, { ...text, given: 2 }, { samples: 50 });
    const noised = logits.mock.calls.map(([ids]) => ids);
    expect(noised.filter(([first]) => first === 3).every((ids) => ids[1] === 1 && ids.includes(SMALL.maskId))).toBe(
      true,
    );
    expect(noised.at(-1)).toHaveLength(3);
  });

  it('take a pass only where the noise is new, and nothing is committed after the last block', async () => {
    const backend = smallBackend();
    const logits = vi.spyOn(backend, 'logits');
    await blocksOf(backend, text, { samples: 500 });
    // Every way to mask 3, 4 and 3 ids, but none of them.
    expect(logits).toHaveBeenCalledTimes(7 + 15 + 7);
    expect(backend.calls).toEqual(['begin 4', 'commit', 'commit']);
  });

  it('of a single mask are no draws: more samples change nothing', async () => {
    const ofOne = { ...text, blockSize: 1 };
    const backend = smallBackend();
    const once = await blocksOf(backend, ofOne);
    expect(sum(await blocksOf(backend, ofOne, { samples: 5, seed: 9 }))).toBeCloseTo(sum(once), 10);
    expect(backend.calls.slice(0, 3)).toEqual(['begin 1', 'prefill 1', 'commit']);
  });
});

describe('refuses', () => {
  it('a text with nothing to score', async () => {
    const text = { ids: [1, 2], given: 2, blockSize: 1 };
    await expect(blocksOf(smallBackend(), text)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('a model that computes no numbers', async () => {
    const backend = smallBackend();
    backend.logits = async (ids) => new Float32Array(ids.length * SMALL.vocabSize).fill(Number.NaN);
    await expect(blocksOf(backend, { ids: [1, 2], given: 1, blockSize: 1 })).rejects.toMatchObject({
      code: 'bad-model',
    });
  });
});
