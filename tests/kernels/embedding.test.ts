import { expect, it } from 'vitest';
import { embedding } from '../../src/kernels/embedding';
import { embedding as referenceEmbedding } from '../reference/embedding';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { DTYPES, uploadMatrix } from './matrices';
import { randomArray } from './numbers';

const { pipelines, buffers } = await kernelDevice();

const VOCAB = 7;
const CASES = DTYPES.flatMap((dtype) => [1, 5, 31, 32, 33, 34, 64, 100].map((columns) => [dtype, columns] as const));

/** Runs over one row more than the pass has; returns y, which was zeros. */
async function embedOnGpu(
  numbers: Float32Array<ArrayBuffer>,
  columns: number,
  ids: readonly number[],
  dtype = DTYPES[0]!,
) {
  const { device } = pipelines;
  const { matrix, stored } = uploadMatrix(device, buffers, numbers, columns, dtype);
  const y = buffers.storage('y', (ids.length + 1) * columns * 4);
  const slices = {
    pass: uploadPass(device, buffers, { rows: ids.length }),
    ids: upload(device, buffers, 'ids', Uint32Array.from([...ids, 1])),
    weights: matrix,
    y,
  };
  runKernels(device, [embedding(pipelines, 'embedding', { columns }, slices), ids.length + 1]);
  return { y: new Float32Array(await download(device, buffers, y), 0, (ids.length + 1) * columns), stored };
}

it.each(CASES)('%s rows of %i columns, exactly', async (dtype, columns) => {
  const ids = [VOCAB - 1, 0, 3, 0];
  const { y, stored } = await embedOnGpu(randomArray(VOCAB * columns, columns), columns, ids, dtype);
  const expected = referenceEmbedding(stored, columns, ids);
  expect([...y]).toEqual([...expected, ...Array(columns).fill(0)]);
});

it('a NaN stays one', async () => {
  const { y } = await embedOnGpu(Float32Array.of(1, 2, Number.NaN, 4), 2, [1]);
  expect([...y.subarray(0, 2)]).toEqual([Number.NaN, 4]);
});
