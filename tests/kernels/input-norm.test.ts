import { describe, expect, it } from 'vitest';
import { Constants } from '../../src/gpu/constants';
import { matmulFew } from '../../src/kernels/matmul-few';
import type { NormKind } from '../../src/kernels/norm';
import { projectQkv } from '../../src/kernels/project-qkv';
import { packQkvVectors } from '../../src/kernels/qkv-vectors';
import { matmul } from '../reference/matmul';
import { norm as referenceNorm } from '../reference/norm';
import { projectQkv as referenceProjectQkv } from '../reference/project-qkv';
import { expectClose, type Tolerance } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { uploadMatrix } from './matrices';
import { randomArray } from './numbers';
import { fromPairs } from './pairs';
import { ropeTableOf } from './rope-cases';

/** Sums of up to 100 products of normalised numbers of a few units, in f32 against f64. */
const TOLERANCE = { atol: 5e-5, rtol: 1e-5 };
const EPSILON = 1e-5;

const { device, pipelines, buffers } = await kernelDevice();

interface Kind {
  readonly kind: NormKind;
  readonly biased: boolean;
}

const KINDS: readonly Kind[] = [
  { kind: 'layer', biased: true },
  { kind: 'layer', biased: false },
  { kind: 'rms', biased: false },
];

/** Random weight and bias of a norm over `columns`: as the kernels take them, and the reference with them. */
function randomNorm({ kind, biased }: Kind, columns: number) {
  const weight = randomArray(columns, 6);
  const bias = biased ? randomArray(columns, 7) : undefined;
  const norm = {
    kind,
    weight: upload(device, buffers, 'weight', weight),
    ...(bias && { bias: upload(device, buffers, 'bias', bias) }),
    epsilon: EPSILON,
  };
  return { norm, of: (x: Float32Array) => referenceNorm({ kind, weight, bias, epsilon: EPSILON }, x) };
}

interface Sizes {
  readonly rows: number;
  readonly features: number;
  readonly columns: number;
}

/** The matmul of x normalised as it is read, against norm and matmul of the reference. */
async function expectNormedMatmul(
  kind: Kind,
  size: Sizes,
  x: Float32Array<ArrayBuffer>,
  tolerance: Tolerance,
): Promise<void> {
  const { rows, features, columns } = size;
  const shape = { rows: features, columns, epilogue: 'none', lanes: 32 } as const;
  const { matrix, stored } = uploadMatrix(device, buffers, randomArray(features * columns, 2), columns, 'q8');
  const { norm, of } = randomNorm(kind, columns);
  const y = buffers.storage('y', rows * features * 4);
  const pass = uploadPass(device, buffers, { rows });
  const constants = new Constants(device, buffers);
  const slices = { constants, pass, x: upload(device, buffers, 'x', x), weights: matrix, y, norm };
  runKernels(device, [matmulFew(pipelines, 'matmul', shape, slices), rows]);
  const computed = new Float32Array(await download(device, buffers, y), 0, rows * features);
  const expected = matmul({ ...size, epilogue: 'none' }, of(x), stored, undefined, new Float32Array());
  expectClose(computed, expected, tolerance);
}

describe.each(KINDS)('$kind norm, bias: $biased', (kind) => {
  it.each([
    { rows: 1, features: 3, columns: 4 },
    { rows: 3, features: 9, columns: 36 },
    { rows: 16, features: 20, columns: 32 },
    { rows: 21, features: 5, columns: 100 },
  ])('a matmul over $rows normalised rows of $columns columns', async (size) => {
    await expectNormedMatmul(kind, size, randomArray(size.rows * size.columns, 1), TOLERANCE);
  });

  it('a mean much larger than the spread', async () => {
    const x = randomArray(300, 1).map((number) => 100 + number);
    // The mean is off by up to 10⁻⁴, as in the test of layer norm, and 100 numbers are added up.
    await expectNormedMatmul(kind, { rows: 3, features: 5, columns: 100 }, x, { atol: 5e-3, rtol: 1e-5 });
  });

  it('a NaN makes its row NaN and no other', async () => {
    const x = randomArray(6 * 8, 1);
    x[2 * 8 + 1] = Number.NaN;
    await expectNormedMatmul(kind, { rows: 6, features: 5, columns: 8 }, x, TOLERANCE);
  });

  it.each([false, true])('q, k and v of normalised rows, bias and head norm: %s', async (more) => {
    const shape = {
      rows: 18,
      position: 9,
      ring: 20,
      heads: 3,
      kvHeads: 1,
      headSize: 12,
      columns: 20,
      base: 10_000,
    };
    const { rows, ring, heads, kvHeads, headSize, columns } = shape;
    const features = (heads + 2 * kvHeads) * headSize;
    const x = randomArray(rows * columns, 1);
    const { matrix, stored } = uploadMatrix(device, buffers, randomArray(features * columns, 4), columns, 'q8');
    const { norm, of } = randomNorm(kind, columns);
    const bias = randomArray(features, 8);
    const headNorm = { q: randomArray(headSize, 9), k: randomArray(headSize, 10), epsilon: EPSILON };
    const vectors = packQkvVectors(device, buffers, 'vectors', shape, {
      norm,
      ...(more && {
        bias: upload(device, buffers, 'bias', bias),
        headNorm: {
          q: upload(device, buffers, 'qNorm', headNorm.q),
          k: upload(device, buffers, 'kNorm', headNorm.k),
          epsilon: EPSILON,
        },
      }),
    });
    const slices = {
      pass: uploadPass(device, buffers, shape),
      x: upload(device, buffers, 'x', x),
      weights: matrix,
      ropeTable: upload(device, buffers, 'ropeTable', ropeTableOf(shape)),
      q: buffers.storage('q', rows * heads * headSize * 4),
      keys: buffers.storage('keys', ring * kvHeads * headSize * 4),
      values: buffers.storage('values', ring * kvHeads * headSize * 4),
      vectors,
    };
    runKernels(device, [projectQkv(pipelines, 'qkv', { ...shape, lanes: more ? 8 : 32, cache: 'f32' }, slices), rows]);
    const keys = new Float32Array(ring * kvHeads * headSize);
    const values = new Float32Array(ring * kvHeads * headSize);
    const q = referenceProjectQkv(shape, of(x), stored, keys, values, more ? { bias, headNorm } : {});
    for (const [name, expected] of Object.entries({ q, keys, values })) {
      const computed = await download(device, buffers, slices[name as 'q' | 'keys' | 'values']);
      const natural = fromPairs(new Float32Array(computed, 0, expected.length), headSize);
      expectClose(natural, expected, TOLERANCE);
    }
    expect(keys.some((key) => key !== 0)).toBe(true);
  });
});
