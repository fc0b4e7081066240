import { expect, it } from 'vitest';
import { layerNorm } from '../../src/kernels/layer-norm';
import { layerNorm as referenceLayerNorm } from '../reference/layer-norm';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { randomArray } from './numbers';

const { pipelines, buffers } = await kernelDevice();

/** Sums of up to 200 numbers of size 1, and numbers of a few units. */
const TOLERANCE = { atol: 1e-5, rtol: 1e-5 };
const EPSILON = 1e-5;

/** x [rows, columns] normed on the GPU, with random weight and bias, and the reference's result. */
async function normOnGpu(x: Float32Array<ArrayBuffer>, columns: number) {
  const { device } = pipelines;
  const rows = x.length / columns;
  const weight = randomArray(columns, 2);
  const bias = randomArray(columns, 3);
  const y = buffers.storage('y', x.byteLength);
  const slices = {
    pass: uploadPass(device, buffers, { rows }),
    x: upload(device, buffers, 'x', x),
    weight: upload(device, buffers, 'weight', weight),
    bias: upload(device, buffers, 'bias', bias),
    y,
  };
  runKernels(device, [layerNorm(pipelines, 'norm', { columns, epsilon: EPSILON }, slices), rows]);
  return {
    computed: new Float32Array(await download(device, buffers, y), 0, x.length),
    expected: referenceLayerNorm(x, weight, bias, EPSILON),
    bias,
  };
}

it.each([
  [1, 1],
  [1, 64],
  [3, 2],
  [5, 63],
  [2, 65],
  [32, 200],
])('%i rows of %i columns', async (rows, columns) => {
  const { computed, expected } = await normOnGpu(randomArray(rows * columns, rows), columns);
  expectClose(computed, expected, TOLERANCE);
});

it('a mean much larger than the spread', async () => {
  const { computed, expected } = await normOnGpu(
    randomArray(300, 1).map((x) => 100 + x),
    100,
  );
  // The sum of a row is about 10⁴, where neighbouring f32 are 10⁻³ apart: the mean is off by up to 10⁻⁴.
  expectClose(computed, expected, { atol: 2e-4, rtol: 1e-5 });
});

it.each([1e-6, 1e6])('numbers of size %f', async (size) => {
  const { computed, expected } = await normOnGpu(
    randomArray(100, 1).map((x) => size * x),
    50,
  );
  expectClose(computed, expected, TOLERANCE);
});

it('a row of equal numbers becomes the bias', async () => {
  const { computed, bias } = await normOnGpu(new Float32Array(64).fill(3), 64);
  expect(computed).toEqual(bias);
});

it('a NaN makes its row NaN and no other', async () => {
  const x = randomArray(3 * 70, 1);
  x[70] = Number.NaN;
  const { computed, expected } = await normOnGpu(x, 70);
  expect([...expected].filter(Number.isNaN)).toHaveLength(70);
  expectClose(computed, expected, TOLERANCE);
});
