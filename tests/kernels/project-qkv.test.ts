import { describe, expect, it } from 'vitest';
import type { BufferSlice } from '../../src/gpu/buffers';
import type { CacheDtype } from '../../src/kernels/kv-cache';
import type { Lanes } from '../../src/kernels/lanes';
import type { Matrix } from '../../src/kernels/matrix';
import { fusesHeadNorm, projectQkv } from '../../src/kernels/project-qkv';
import { packQkvVectors } from '../../src/kernels/qkv-vectors';
import { featurelessGpu } from '../gpu';
import { type ProjectQkvCase, projectQkv as referenceProjectQkv } from '../reference/project-qkv';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { type KernelDevice, kernelDevice } from './kernel-device';
import { DTYPES, uploadMatrix } from './matrices';
import { randomArray } from './numbers';
import { downloadRing, fromPairs, uploadRing } from './pairs';
import { ROPE_CASES, ropeTableOf } from './rope-cases';

/** Sums of up to 128 products of size 1 in f32, against f64, and one turn of what is rounded to f32; a head norm divides by their root mean square. */
const TOLERANCE = { atol: 2e-5, rtol: 1e-5 };

/** What is stored in f16 is rounded to 11 bits. */
const HALVES = { atol: 2e-5, rtol: 2 ** -10 };

const shared = await kernelDevice();
const featureless = await kernelDevice(featurelessGpu());

interface Options {
  readonly lanes: Lanes;
  readonly on: KernelDevice;
  readonly dtype: Matrix['dtype'];
  readonly cache?: CacheDtype;
  readonly biased?: boolean;
  readonly headNormed?: boolean;
}

/** The forms of the kernel, each of which meets every case in another dtype. */
const FORMS = [
  ['one lane with subgroups', { lanes: 1, on: shared }],
  ['one lane without', { lanes: 1, on: featureless }],
  ['eight lanes with subgroups', { lanes: 8, on: shared }],
  ['eight lanes without', { lanes: 8, on: featureless }],
  ['thirty-two lanes with subgroups', { lanes: 32, on: shared }],
  ['thirty-two lanes without', { lanes: 32, on: featureless }],
] as const;

/** What else there is to vary, dealt out among the cases, as every combination would be a pipeline to compile. */
const MORE = [
  { cache: 'f32', biased: false },
  { cache: 'f16', biased: true },
  { cache: 'f32', biased: true },
  { cache: 'f16', biased: false },
] as const satisfies readonly Partial<Options>[];

/** The cases of RoPE with x of some width, and more about tiles of rows and heads that fours of features straddle. */
const CASES: readonly (readonly [name: string, shape: ProjectQkvCase])[] = [
  ...ROPE_CASES.map(([name, shape], index) => [name, { ...shape, columns: [36, 4, 32, 20, 8, 128][index]! }] as const),
  ['an odd half', { rows: 6, position: 4, ring: 12, heads: 6, kvHeads: 6, headSize: 2, columns: 12, base: 100 }],
  ['17 rows', { rows: 17, position: 17, ring: 34, heads: 3, kvHeads: 1, headSize: 6, columns: 12, base: 10_000 }],
  ['32 rows', { rows: 32, position: 40, ring: 48, heads: 4, kvHeads: 2, headSize: 16, columns: 64, base: 10_000 }],
];

/** Heads with a norm: workgroups of every sort of number of teams, and of as many invocations as there may be. */
const HEAD_NORMED: readonly ProjectQkvCase[] = [
  { rows: 3, position: 5, ring: 40, heads: 2, kvHeads: 1, headSize: 8, columns: 8, base: 10_000 },
  { rows: 17, position: 30, ring: 40, heads: 4, kvHeads: 2, headSize: 16, columns: 64, base: 10_000 },
  { rows: 1, position: 5, ring: 9, heads: 2, kvHeads: 2, headSize: 20, columns: 36, base: 10_000 },
  { rows: 5, position: 5, ring: 9, heads: 3, kvHeads: 1, headSize: 80, columns: 20, base: 10_000 },
  { rows: 6, position: 5, ring: 40, heads: 1, kvHeads: 1, headSize: 128, columns: 32, base: 10_000 },
];

const NORM_EPSILON = 1e-5;

async function project(shape: ProjectQkvCase, options: Options, x: Float32Array<ArrayBuffer>) {
  const { lanes, on, dtype, cache = 'f32', biased = false, headNormed = false } = options;
  const { device, pipelines, buffers } = on;
  const { rows, ring, heads, kvHeads, headSize, columns } = shape;
  const features = (heads + 2 * kvHeads) * headSize;
  const { matrix, stored } = uploadMatrix(device, buffers, randomArray(features * columns, 4), columns, dtype);
  // One row more than the pass has, which must stay as it is.
  const before = randomArray((rows + 1) * heads * headSize, 5);
  const [keyRing, valueRing] = [2, 3].map((seed) =>
    uploadRing(device, buffers, randomArray(ring * kvHeads * headSize, seed), headSize, cache),
  );
  const bias = biased ? randomArray(features, 6) : undefined;
  const headNorm = headNormed
    ? { q: randomArray(headSize, 7), k: randomArray(headSize, 8), epsilon: NORM_EPSILON }
    : undefined;
  const vectors = packQkvVectors(device, buffers, 'vectors', shape, {
    bias: bias && upload(device, buffers, 'bias', bias),
    headNorm: headNorm && {
      q: upload(device, buffers, 'qNorm', headNorm.q),
      k: upload(device, buffers, 'kNorm', headNorm.k),
      epsilon: NORM_EPSILON,
    },
  });
  const slices = {
    pass: uploadPass(device, buffers, shape),
    x: upload(device, buffers, 'x', x),
    weights: matrix,
    ropeTable: upload(device, buffers, 'ropeTable', ropeTableOf(shape)),
    q: upload(device, buffers, 'q', before),
    keys: keyRing!.slice,
    values: valueRing!.slice,
    vectors,
  };
  runKernels(device, [projectQkv(pipelines, 'qkv', { ...shape, lanes, cache }, slices), rows]);
  const held = (slice: BufferSlice) => downloadRing(device, buffers, slice, ring * kvHeads * headSize, headSize, cache);
  const pairs = new Float32Array(await download(device, buffers, slices.q), 0, before.length);
  const computed = {
    q: fromPairs(pairs, headSize),
    keys: await held(slices.keys),
    values: await held(slices.values),
  };
  const q = fromPairs(before, headSize);
  const rings = { keys: keyRing!.held, values: valueRing!.held };
  // The reference writes its ring in place; slots of other rows must be as they were.
  q.set(referenceProjectQkv(shape, x, stored, rings.keys, rings.values, { bias, headNorm }));
  return { computed, expected: { q, ...rings } };
}

/** Runs a case over random numbers and compares with the reference. */
async function expectProjected(shape: ProjectQkvCase, options: Options): Promise<void> {
  const { computed, expected } = await project(shape, options, randomArray(shape.rows * shape.columns, 1));
  const ofRing = options.cache === 'f16' ? HALVES : TOLERANCE;
  expectClose(computed.q, expected.q, TOLERANCE);
  expectClose(computed.keys, expected.keys, ofRing);
  expectClose(computed.values, expected.values, ofRing);
}

describe.each(FORMS)('%s', (_, form) => {
  const at = FORMS.findIndex(([, each]) => each === form);
  /** Those of the case with this number, and of this form. */
  const optionsOf = (index: number): Options => ({
    ...form,
    dtype: DTYPES[(index + at) % DTYPES.length]!,
    ...MORE[(index + Math.floor(index / MORE.length) + at) % MORE.length]!,
  });

  it.each(CASES.map((each, index) => [...each, optionsOf(index)] as const))('%s', async (_, shape, options) => {
    await expectProjected(shape, options);
  });

  it.each(
    HEAD_NORMED.map((shape, index) => [shape.headSize, shape, optionsOf(index)] as const).filter(([headSize]) =>
      fusesHeadNorm(headSize, form.lanes),
    ),
  )('with a head norm, heads of %i', async (_, shape, options) => {
    await expectProjected(shape, { ...options, headNormed: true });
  });

  it('a NaN in x makes its row NaN and no other', async () => {
    // The options of the case itself, whose pipeline is there.
    const index = CASES.findIndex(([name]) => name === '17 rows');
    const [, shape] = CASES[index]!;
    const x = randomArray(shape.rows * shape.columns, 1);
    x[2 * shape.columns + 1] = Number.NaN;
    const options = optionsOf(index);
    const { computed, expected } = await project(shape, options, x);
    const ofRing = options.cache === 'f16' ? HALVES : TOLERANCE;
    const row = shape.heads * shape.headSize;
    expect([...computed.q.subarray(2 * row, 3 * row)]).toEqual(Array(row).fill(Number.NaN));
    expectClose(computed.q, expected.q, TOLERANCE);
    expectClose(computed.keys, expected.keys, ofRing);
    expectClose(computed.values, expected.values, ofRing);
  });
});

it('tells which head norms it fuses', () => {
  const fused = (lanes: Lanes) => [16, 20, 24, 32, 64, 80, 96, 128, 256].filter((size) => fusesHeadNorm(size, lanes));
  expect(fused(32)).toEqual([16, 20, 24, 32]);
  expect(fused(8)).toEqual([16, 20, 24, 32, 64, 80, 96, 128]);
  expect(fused(1)).toEqual([16, 24, 32, 64, 80, 96, 128, 256]);
});
