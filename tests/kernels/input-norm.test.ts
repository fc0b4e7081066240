import { expect, it } from 'vitest';
import { matmulFew } from '../../src/kernels/matmul-few';
import { projectQkv } from '../../src/kernels/project-qkv';
import { layerNorm } from '../reference/layer-norm';
import { matmul } from '../reference/matmul';
import { projectQkv as referenceProjectQkv } from '../reference/project-qkv';
import { expectClose, type Tolerance } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { uploadMatrix } from './matrices';
import { randomArray } from './numbers';
import { fromPairs } from './pairs';
import { turnsOfSlots } from './rope-cases';

/** Sums of up to 100 products of normalised numbers of a few units, in f32 against f64. */
const TOLERANCE = { atol: 5e-5, rtol: 1e-5 };
const EPSILON = 1e-5;

const { device, pipelines, buffers } = await kernelDevice();

/** Scale and shift of a norm over `columns`: on the CPU, and as the kernels take it. */
function randomNorm(columns: number) {
  const weight = randomArray(columns, 6);
  const bias = randomArray(columns, 7);
  const norm = {
    weight: upload(device, buffers, 'weight', weight),
    bias: upload(device, buffers, 'bias', bias),
    epsilon: EPSILON,
  };
  return { norm, of: (x: Float32Array) => layerNorm(x, weight, bias, EPSILON) };
}

interface Sizes {
  readonly rows: number;
  readonly features: number;
  readonly columns: number;
}

/** The matmul of x normalised as it is read, against norm and matmul of the reference. */
async function expectNormedMatmul(size: Sizes, x: Float32Array<ArrayBuffer>, tolerance: Tolerance): Promise<void> {
  const { rows, features, columns } = size;
  const shape = { rows: features, columns, epilogue: 'none', lanes: 8 } as const;
  const { matrix, stored } = uploadMatrix(device, buffers, randomArray(features * columns, 2), columns, 'q8');
  const { norm, of } = randomNorm(columns);
  const y = buffers.storage('y', rows * features * 4);
  const pass = uploadPass(device, buffers, { rows });
  const slices = { pass, x: upload(device, buffers, 'x', x), weights: matrix, y, norm };
  runKernels(device, [matmulFew(pipelines, 'matmul', shape, slices), rows]);
  const computed = new Float32Array(await download(device, buffers, y), 0, rows * features);
  const expected = matmul({ ...size, epilogue: 'none' }, of(x), stored, undefined, new Float32Array());
  expectClose(computed, expected, tolerance);
}

it.each([
  { rows: 1, features: 3, columns: 4 },
  { rows: 3, features: 9, columns: 36 },
  { rows: 16, features: 20, columns: 32 },
  { rows: 21, features: 5, columns: 100 },
])('a matmul over $rows normalised rows of $columns columns', async (size) => {
  await expectNormedMatmul(size, randomArray(size.rows * size.columns, 1), TOLERANCE);
});

it('a mean much larger than the spread', async () => {
  const x = randomArray(300, 1).map((number) => 100 + number);
  // The mean is off by up to 10⁻⁴, as in the test of layer norm, and 100 numbers are added up.
  await expectNormedMatmul({ rows: 3, features: 5, columns: 100 }, x, { atol: 5e-3, rtol: 1e-5 });
});

it('a NaN makes its row NaN and no other', async () => {
  const x = randomArray(6 * 8, 1);
  x[2 * 8 + 1] = Number.NaN;
  await expectNormedMatmul({ rows: 6, features: 5, columns: 8 }, x, TOLERANCE);
});

it('q, k and v of normalised rows', async () => {
  const shape = { rows: 18, position: 9, ring: 20, heads: 2, headSize: 10, base: 10_000 };
  const hidden = shape.heads * shape.headSize;
  const x = randomArray(shape.rows * hidden, 1);
  const { matrix, stored } = uploadMatrix(device, buffers, randomArray(3 * hidden * hidden, 4), hidden, 'q8');
  const { norm, of } = randomNorm(hidden);
  const slices = {
    pass: uploadPass(device, buffers, shape),
    x: upload(device, buffers, 'x', x),
    weights: matrix,
    turns: upload(device, buffers, 'turns', turnsOfSlots(shape)),
    q: buffers.storage('q', shape.rows * hidden * 4),
    keys: buffers.storage('keys', shape.ring * hidden * 4),
    values: buffers.storage('values', shape.ring * hidden * 4),
    norm,
  };
  runKernels(device, [projectQkv(pipelines, 'qkv', { ...shape, lanes: 8, cache: 'f32' }, slices), shape.rows]);
  const keys = new Float32Array(shape.ring * hidden);
  const values = new Float32Array(shape.ring * hidden);
  const q = referenceProjectQkv(shape, of(x), stored, keys, values);
  for (const [name, expected] of Object.entries({ q, keys, values })) {
    const computed = await download(device, buffers, slices[name as 'q' | 'keys' | 'values']);
    const natural = fromPairs(new Float32Array(computed, 0, expected.length), shape.headSize);
    expectClose(natural, expected, TOLERANCE);
  }
  expect(keys.some((key) => key !== 0)).toBe(true);
});
