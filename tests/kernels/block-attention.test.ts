import { expect, it } from 'vitest';
import { ATTENTION_TILE, attentionChunks, blockAttention } from '../../src/kernels/block-attention';
import { mergeAttention } from '../../src/kernels/merge-attention';
import { ATTENTION_CASES, type Attend, expectAttention, GARBAGE } from './attention-cases';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';

const { pipelines, buffers } = await kernelDevice();

/** In chunks of the ring, then merged. The parts start as garbage: what one kernel skips, the next must not read. */
const inTilesOf =
  (tile: number): Attend =>
  (shape, { out, ...inputs }) => {
    const rows = attentionChunks(shape.ring) * shape.rows * shape.heads;
    const garbage = (size: number) => upload(pipelines.device, buffers, 'parts', new Float32Array(size).fill(GARBAGE));
    const parts = { sums: garbage(rows * shape.headSize), weights: garbage(rows * 2) };
    return [
      blockAttention(pipelines, 'attention', { ...shape, ringCapacity: shape.ring, tile }, { ...inputs, ...parts }),
      mergeAttention(pipelines, 'merge', shape, { pass: inputs.pass, ...parts, out }),
    ];
  };

it.each(ATTENTION_CASES)('block attention: %s', async (_, shape) => {
  const tile = Math.min(shape.blockSize, ATTENTION_TILE);
  await expectAttention(pipelines.device, buffers, shape, inTilesOf(tile), 1);
});

it.each([1, 3, 5, 16])('tiles of %i rows, which need not divide the rows', async (tile) => {
  const shape = { rows: 12, position: 60, blockSize: 12, ring: 84, heads: 2, headSize: 6 };
  await expectAttention(pipelines.device, buffers, shape, inTilesOf(tile), 1);
});

it('scores far apart', async () => {
  const shape = { rows: 4, position: 68, blockSize: 4, ring: 72, heads: 1, headSize: 16 };
  await expectAttention(pipelines.device, buffers, shape, inTilesOf(4), 300);
});

it('a NaN in q comes out as NaN, not as a number', async () => {
  const shape = { rows: 1, position: 0, blockSize: 1, ring: 4, heads: 1, headSize: 4 };
  const { device } = pipelines;
  const ones = new Float32Array(16).fill(1);
  const out = buffers.storage('out', 16);
  const kernels = inTilesOf(1)(shape, {
    pass: uploadPass(device, buffers, shape),
    q: upload(device, buffers, 'q', new Float32Array([1, Number.NaN, 1, 1])),
    keys: upload(device, buffers, 'keys', ones),
    values: upload(device, buffers, 'values', ones),
    out,
  });
  runKernels(device, ...kernels.map((kernel) => [kernel, 1] as const));
  expect([...new Float32Array(await download(device, buffers, out))]).toEqual(Array(4).fill(Number.NaN));
});
