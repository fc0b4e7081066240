import { describe, expect, it } from 'vitest';
import type { Lanes } from '../../src/kernels/lanes';
import { type NormKind, norm } from '../../src/kernels/norm';
import { norm as referenceNorm } from '../reference/norm';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { randomArray } from './numbers';

const { pipelines, buffers } = await kernelDevice();

/** Sums of up to 200 numbers of size 1, and numbers of a few units. */
const TOLERANCE = { atol: 1e-5, rtol: 1e-5 };
const EPSILON = 1e-5;

/** x [rows, columns], or the picked rows of it, and the norm to apply. */
interface Test {
  readonly lanes: Lanes;
  readonly kind: NormKind;
  readonly biased: boolean;
  readonly x: Float32Array<ArrayBuffer>;
  readonly columns: number;
  readonly picks?: readonly number[];
}

/** The norm on the GPU, with random weight and bias, and the reference's result. */
async function normOnGpu({ lanes, kind, biased, x, columns, picks }: Test) {
  const { device } = pipelines;
  const rows = picks?.length ?? x.length / columns;
  const weight = randomArray(columns, 2);
  const bias = biased ? randomArray(columns, 3) : undefined;
  const y = buffers.storage('y', rows * columns * 4);
  const slices = {
    pass: uploadPass(device, buffers, { rows }),
    x: upload(device, buffers, 'x', x),
    ...(picks && { picks: upload(device, buffers, 'picks', Uint32Array.from(picks)) }),
    weight: upload(device, buffers, 'weight', weight),
    ...(bias && { bias: upload(device, buffers, 'bias', bias) }),
    y,
  };
  runKernels(device, [norm(pipelines, 'norm', { columns, kind, epsilon: EPSILON, lanes }, slices), rows]);
  const picked = picks ? picks.flatMap((row) => [...x.subarray(row * columns, (row + 1) * columns)]) : x;
  return {
    computed: new Float32Array(await download(device, buffers, y), 0, rows * columns),
    expected: referenceNorm({ kind, weight, bias, epsilon: EPSILON }, Float32Array.from(picked)),
    bias,
  };
}

describe.each([
  [1, 'layer', true],
  [8, 'layer', true],
  [8, 'layer', false],
  [1, 'rms', false],
  [8, 'rms', false],
  [8, 'rms', true],
] as const)('%i lanes, %s norm, bias: %s', (lanes, kind, biased) => {
  const shape = { lanes, kind, biased };

  it.each([
    [1, 1],
    [1, 64],
    [3, 2],
    [5, 63],
    [2, 65],
    [32, 200],
  ])('%i rows of %i columns', async (rows, columns) => {
    const { computed, expected } = await normOnGpu({ ...shape, x: randomArray(rows * columns, rows), columns });
    expectClose(computed, expected, TOLERANCE);
  });

  it.each([1, 64, 100])('picked rows of %i columns in the asked order, one of them twice', async (columns) => {
    const x = randomArray(7 * columns, columns);
    const { computed, expected } = await normOnGpu({ ...shape, x, columns, picks: [6, 0, 3, 0] });
    expectClose(computed, expected, TOLERANCE);
  });

  it('a mean much larger than the spread', async () => {
    const x = randomArray(300, 1).map((number) => 100 + number);
    const { computed, expected } = await normOnGpu({ ...shape, x, columns: 100 });
    // The sum of a row is about 10⁴, where neighbouring f32 are 10⁻³ apart: the mean is off by up to 10⁻⁴.
    expectClose(computed, expected, { atol: 2e-4, rtol: 1e-5 });
  });

  it.each([1e-6, 1e6])('numbers of size %f', async (size) => {
    const x = randomArray(100, 1).map((number) => size * number);
    const { computed, expected } = await normOnGpu({ ...shape, x, columns: 50 });
    expectClose(computed, expected, TOLERANCE);
  });

  it('a row of equal numbers', async () => {
    const { computed, expected, bias } = await normOnGpu({ ...shape, x: new Float32Array(64).fill(3), columns: 64 });
    expectClose(computed, expected, TOLERANCE);
    if (kind === 'layer') expect(computed.map(Math.abs)).toEqual((bias ?? new Float32Array(64)).map(Math.abs));
  });

  it('a row of zeros', async () => {
    const { computed, expected } = await normOnGpu({ ...shape, x: new Float32Array(64), columns: 64 });
    expectClose(computed, expected, TOLERANCE);
  });

  it('a NaN makes its row NaN and no other', async () => {
    const x = randomArray(3 * 70, 1);
    x[70] = Number.NaN;
    const { computed, expected } = await normOnGpu({ ...shape, x, columns: 70 });
    expect([...expected].filter(Number.isNaN)).toHaveLength(70);
    expectClose(computed, expected, TOLERANCE);
  });
});
