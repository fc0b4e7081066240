import { describe, expect, it } from 'vitest';
import { attentionChunk, attentionChunks, attentionScores, blockAttention } from '../../src/kernels/block-attention';
import type { Lanes } from '../../src/kernels/lanes';
import { mergeAttention } from '../../src/kernels/merge-attention';
import { ATTENTION_CASES, type Attend, expectAttention, GARBAGE } from './attention-cases';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { randomArray } from './numbers';

const { pipelines, buffers } = await kernelDevice();

/** In chunks of the ring, merged where there are several. The parts start as garbage: what one kernel skips, the next must not read. */
const inChunksOf =
  (chunk: number, lanes: Lanes): Attend =>
  (attentionCase, { out, ...inputs }) => {
    const shape = { ...attentionCase, ringCapacity: attentionCase.ring, chunk, lanes };
    const chunks = attentionChunks(shape);
    const rows = chunks * shape.rows * shape.heads;
    const garbage = (size: number) => upload(pipelines.device, buffers, 'parts', new Float32Array(size).fill(GARBAGE));
    const scores = garbage(attentionScores(shape, shape.rows));
    const weights = garbage(rows * 2);
    const attend = (sums: typeof out) =>
      blockAttention(pipelines, 'attention', shape, { ...inputs, scores, sums, weights });
    if (chunks === 1) return [attend(out)];
    const sums = garbage(rows * shape.headSize);
    return [attend(sums), mergeAttention(pipelines, 'merge', shape, { pass: inputs.pass, sums, weights, out })];
  };

// Each case is a pipeline to compile, so f16 and the widths of heads meet either number of lanes and either size of chunks,
// but not every pair of them.
describe.each([
  [1, 64, ['f32', 'f16']],
  [8, 64, ['f32']],
  [1, 256, ['f32']],
  [8, 256, ['f32', 'f16']],
] as const)('%i lanes, chunks of %i', (lanes, chunk, caches) => {
  describe.each(caches)('over a cache of %s', (cache) => {
    it.each(ATTENTION_CASES)('block attention: %s', async (_, shape) => {
      await expectAttention(pipelines.device, buffers, shape, inChunksOf(chunk, lanes), 1, cache);
    });
  });

  it.each([1, 2, 5, 9, 13, 17])('%i rows', async (rows) => {
    const shape = { rows, position: 3 * rows, blockSize: rows, ring: 7 * rows, heads: 2, kvHeads: 2, headSize: 6 };
    await expectAttention(pipelines.device, buffers, shape, inChunksOf(chunk, lanes), 1);
  });

  const widths = caches.length === 1 ? [16, 32, 64, 80, 96] : [];
  it.each(widths)('heads of %i', async (headSize) => {
    const shape = { rows: 2, position: 6, blockSize: 2, ring: 66, heads: 3, kvHeads: 1, headSize };
    await expectAttention(pipelines.device, buffers, shape, inChunksOf(chunk, lanes), 1);
  });

  it('scores far apart', async () => {
    const shape = { rows: 4, position: 68, blockSize: 4, ring: 72, heads: 1, kvHeads: 1, headSize: 16 };
    await expectAttention(pipelines.device, buffers, shape, inChunksOf(chunk, lanes), 300);
  });

  it('a NaN in q comes out as NaN, not as a number', async () => {
    const shape = { rows: 1, position: 64, blockSize: 1, ring: 65, heads: 1, kvHeads: 1, headSize: 4 };
    const { device } = pipelines;
    const ones = new Float32Array(65 * 4).fill(1);
    const out = buffers.storage('out', 16);
    const kernels = inChunksOf(chunk, lanes)(
      { ...shape, cache: 'f32' },
      {
        pass: uploadPass(device, buffers, shape),
        q: upload(device, buffers, 'q', new Float32Array([1, Number.NaN, 1, 1])),
        keys: upload(device, buffers, 'keys', ones),
        values: upload(device, buffers, 'values', ones),
        out,
      },
    );
    runKernels(device, ...kernels.map((kernel) => [kernel, 1] as const));
    expect([...new Float32Array(await download(device, buffers, out))]).toEqual(Array(4).fill(Number.NaN));
  });
});

/** A clean block with the next block along, the first alone, and a single row each: what they share must be equal. */
it.each([1, 8] as const)(
  'a row comes out the same to the last bit whatever rows are beside it, %i lanes',
  async (lanes) => {
    const { device } = pipelines;
    const shape = { heads: 6, kvHeads: 2, headSize: 10, ring: 90, position: 70, blockSize: 4, cache: 'f32' } as const;
    const rings = [2, 3].map((seed) => upload(device, buffers, 'ring', randomArray(90 * 20, seed)));
    const queries = randomArray(12 * 60, 1);
    const attend = async (rows: number) => {
      const out = buffers.storage('out', rows * 60 * 4);
      const kernels = inChunksOf(64, lanes)(
        { ...shape, rows },
        {
          pass: uploadPass(device, buffers, { ...shape, rows }),
          q: upload(device, buffers, 'q', queries.slice(0, rows * 60)),
          keys: rings[0]!,
          values: rings[1]!,
          out,
        },
      );
      runKernels(device, ...kernels.map((kernel) => [kernel, rows] as const));
      return new Float32Array(await download(device, buffers, out), 0, rows * 60);
    };
    const all = await attend(12);
    expect(await attend(4)).toEqual(all.subarray(0, 4 * 60));
    expect(await attend(8)).toEqual(all.subarray(0, 8 * 60));
  },
);

it('chunks are short on a GPU, long on a software adapter, and longer where their sums would take more than 32 MiB', () => {
  const small = { heads: 9, headSize: 64, ringCapacity: 2_048, lanes: 8 } as const;
  const large = { heads: 32, headSize: 128, ringCapacity: 32_768, lanes: 8 } as const;
  expect(attentionChunk(small, 32)).toBe(64);
  expect(attentionChunk({ ...small, lanes: 1 }, 32)).toBe(256);
  const chunk = attentionChunk(large, 32);
  expect(chunk).toBe(512);
  expect((large.ringCapacity / chunk) * 32 * large.heads * large.headSize * 4).toBeLessThanOrEqual(32 * 2 ** 20);
});
