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

/** The rows of the weights in which a test hands them over, first and last. */
type Parts = readonly (readonly [first: number, last: number])[];

/** Runs over one row more than the pass has, part by part; returns y, which was zeros. */
async function embedOnGpu(
  numbers: Float32Array<ArrayBuffer>,
  columns: number,
  ids: readonly number[],
  dtype = DTYPES[0]!,
  parts: Parts = [[0, numbers.length / columns]],
) {
  const { device } = pipelines;
  const y = buffers.storage('y', (ids.length + 1) * columns * 4);
  const slices = {
    pass: uploadPass(device, buffers, { rows: ids.length }),
    ids: upload(device, buffers, 'ids', Uint32Array.from([...ids, 1])),
    y,
  };
  const whole = new Float32Array(numbers.length);
  const kernels = parts.map(([first, last]) => {
    const rowsOfPart = numbers.slice(first * columns, last * columns);
    const { matrix, stored } = uploadMatrix(device, buffers, rowsOfPart, columns, dtype);
    whole.set(stored, first * columns);
    const shape = { columns, firstRow: first, rows: last - first };
    return [embedding(pipelines, 'embedding', shape, { ...slices, weights: matrix }), ids.length + 1] as const;
  });
  runKernels(device, ...kernels);
  const read = new Float32Array(await download(device, buffers, y), 0, (ids.length + 1) * columns);
  return { y: read, stored: whole };
}

it.each(CASES)('%s rows of %i columns, exactly', async (dtype, columns) => {
  const ids = [VOCAB - 1, 0, 3, 0];
  const { y, stored } = await embedOnGpu(randomArray(VOCAB * columns, columns), columns, ids, dtype);
  const expected = referenceEmbedding(stored, columns, ids);
  expect([...y]).toEqual([...expected, ...Array(columns).fill(0)]);
});

it.each(DTYPES)('%s rows in three parts', async (dtype) => {
  const ids = [2, 6, 0, 5, 3, 6];
  const { y, stored } = await embedOnGpu(randomArray(VOCAB * 33, 1), 33, ids, dtype, [
    [0, 3],
    [3, 6],
    [6, 7],
  ]);
  expect([...y]).toEqual([...referenceEmbedding(stored, 33, ids), ...Array(33).fill(0)]);
});

it('leaves rows alone whose ids the part does not hold', async () => {
  const { y, stored } = await embedOnGpu(randomArray(VOCAB * 4, 1), 4, [1, 4, 6], 'f32', [[3, 5]]);
  expect([...y]).toEqual([...Array(4).fill(0), ...referenceEmbedding(stored, 4, [4]), ...Array(8).fill(0)]);
});

it('a NaN stays one', async () => {
  const { y } = await embedOnGpu(Float32Array.of(1, 2, Number.NaN, 4), 2, [1]);
  expect([...y.subarray(0, 2)]).toEqual([Number.NaN, 4]);
});
