import { describe, expect, it } from 'vitest';
import type { Lanes } from '../../src/kernels/lanes';
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

/** What is normed: x [rows, columns], or the picked rows of it. */
interface Norm {
  readonly x: Float32Array<ArrayBuffer>;
  readonly columns: number;
  readonly picks?: readonly number[];
}

/** The norm on the GPU, with random weight and bias, and the reference's result. */
async function normOnGpu(lanes: Lanes, { x, columns, picks }: Norm) {
  const { device } = pipelines;
  const rows = picks?.length ?? x.length / columns;
  const weight = randomArray(columns, 2);
  const bias = randomArray(columns, 3);
  const y = buffers.storage('y', rows * columns * 4);
  const slices = {
    pass: uploadPass(device, buffers, { rows }),
    x: upload(device, buffers, 'x', x),
    ...(picks && { picks: upload(device, buffers, 'picks', Uint32Array.from(picks)) }),
    weight: upload(device, buffers, 'weight', weight),
    bias: upload(device, buffers, 'bias', bias),
    y,
  };
  runKernels(device, [layerNorm(pipelines, 'norm', { columns, epsilon: EPSILON, lanes }, slices), rows]);
  const normed = picks ? picks.flatMap((row) => [...x.subarray(row * columns, (row + 1) * columns)]) : x;
  return {
    computed: new Float32Array(await download(device, buffers, y), 0, rows * columns),
    expected: referenceLayerNorm(Float32Array.from(normed), weight, bias, EPSILON),
    bias,
  };
}

describe.each([1, 8] as const)('%i lanes', (lanes) => {
  it.each([
    [1, 1],
    [1, 64],
    [3, 2],
    [5, 63],
    [2, 65],
    [32, 200],
  ])('%i rows of %i columns', async (rows, columns) => {
    const { computed, expected } = await normOnGpu(lanes, { x: randomArray(rows * columns, rows), columns });
    expectClose(computed, expected, TOLERANCE);
  });

  it.each([1, 64, 100])('picked rows of %i columns in the asked order, one of them twice', async (columns) => {
    const x = randomArray(7 * columns, columns);
    const { computed, expected } = await normOnGpu(lanes, { x, columns, picks: [6, 0, 3, 0] });
    expectClose(computed, expected, TOLERANCE);
  });

  it('a mean much larger than the spread', async () => {
    const x = randomArray(300, 1).map((number) => 100 + number);
    const { computed, expected } = await normOnGpu(lanes, { x, columns: 100 });
    // The sum of a row is about 10⁴, where neighbouring f32 are 10⁻³ apart: the mean is off by up to 10⁻⁴.
    expectClose(computed, expected, { atol: 2e-4, rtol: 1e-5 });
  });

  it.each([1e-6, 1e6])('numbers of size %f', async (size) => {
    const x = randomArray(100, 1).map((number) => size * number);
    const { computed, expected } = await normOnGpu(lanes, { x, columns: 50 });
    expectClose(computed, expected, TOLERANCE);
  });

  it('a row of equal numbers becomes the bias', async () => {
    const { computed, bias } = await normOnGpu(lanes, { x: new Float32Array(64).fill(3), columns: 64 });
    expect(computed).toEqual(bias);
  });

  it('a NaN makes its row NaN and no other', async () => {
    const x = randomArray(3 * 70, 1);
    x[70] = Number.NaN;
    const { computed, expected } = await normOnGpu(lanes, { x, columns: 70 });
    expect([...expected].filter(Number.isNaN)).toHaveLength(70);
    expectClose(computed, expected, TOLERANCE);
  });
});
