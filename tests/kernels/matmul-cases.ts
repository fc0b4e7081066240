import { expect, it } from 'vitest';
import type { Buffers } from '../../src/gpu/buffers';
import { Constants } from '../../src/gpu/constants';
import type { Pipelines } from '../../src/gpu/kernel';
import type { matmulMany } from '../../src/kernels/matmul-many';
import type { Matrix } from '../../src/kernels/matrix';
import { type MatmulCase, matmul as referenceMatmul } from '../reference/matmul';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { DTYPES, uploadMatrix } from './matrices';
import { randomArray } from './numbers';

/** Sizes of weights, and of the rows of x that each meets: few pipelines, which is what takes time here. */
export interface MatmulSizes {
  /** [features, columns]: full and partial tiles, partial groups of q8 and q4, f16 rows that start inside a word. */
  readonly weights: readonly (readonly [features: number, columns: number])[];
  readonly rows: readonly number[];
  /** Where epilogues are looked at. */
  readonly epilogueColumns: number;
  /** Where a NaN is. */
  readonly columnsOfNaN: number;
}

const EPILOGUES = ['none', 'gelu', 'add', 'swiglu'] as const;

/** Sums of up to 100 products of size 1 in f32, against f64; the exp of GELU and SiLU adds a few units in the last place. */
const TOLERANCE = { atol: 1e-5, rtol: 1e-5 };

interface MatmulTest extends MatmulCase {
  readonly dtype: Matrix['dtype'];
  readonly biased: boolean;
}

/** All weights in every dtype, every second with a bias. */
function weightsTests({ weights }: MatmulSizes): Omit<MatmulTest, 'rows'>[] {
  return weights.flatMap(([features, columns], index) =>
    DTYPES.map((dtype) => ({ features, columns, dtype, biased: index % 2 === 1, epilogue: 'none' }) as const),
  );
}

/** Every epilogue with a bias and without. */
function epilogueTests({ epilogueColumns: columns }: MatmulSizes): MatmulTest[] {
  return EPILOGUES.flatMap((epilogue) =>
    [false, true].map((biased) => ({ rows: 6, features: 14, columns, dtype: 'f32', biased, epilogue }) as const),
  );
}

/** The rows of the weights in which a test hands them over, first and last; one part by default. */
type Parts = readonly (readonly [first: number, last: number])[];

/** Runs a matmul over random numbers but for `x`, if given, part by part, and compares with the reference. */
export async function expectMatmul(
  pipelines: Pipelines,
  buffers: Buffers,
  matmul: typeof matmulMany,
  test: MatmulTest,
  x = randomArray(test.rows * test.columns, 1),
  parts: Parts = [[0, test.features]],
): Promise<void> {
  const { device } = pipelines;
  const { rows, features, columns, epilogue } = test;
  const perOutput = epilogue === 'swiglu' ? 2 : 1;
  const yColumns = features / perOutput;
  const weights = randomArray(features * columns, 2);
  const bias = test.biased ? randomArray(features, 3) : undefined;
  // One row more than the pass has, which must stay as it is.
  const before = randomArray((rows + 1) * yColumns, 4);
  const y = upload(device, buffers, 'y', before);
  const slices = {
    constants: new Constants(device, buffers),
    pass: uploadPass(device, buffers, { rows }),
    x: upload(device, buffers, 'x', x),
    ...(bias && { bias: upload(device, buffers, 'bias', bias) }),
    y,
  };
  const expected = Float32Array.from(before);
  const whole = new Float32Array(weights.length);
  const kernels = parts.map(([first, last]) => {
    const rowsOfPart = weights.slice(first * columns, last * columns);
    const { matrix, stored } = uploadMatrix(device, buffers, rowsOfPart, columns, test.dtype);
    whole.set(stored, first * columns);
    const place = parts.length === 1 ? {} : { yColumns, yOffset: first / perOutput };
    const shape = { rows: last - first, columns, epilogue, ...place };
    return [matmul(pipelines, 'matmul', shape, { ...slices, weights: matrix }), rows] as const;
  });
  runKernels(device, ...kernels);
  expected.set(referenceMatmul(test, x, whole, bias, before));
  const computed = new Float32Array(await download(device, buffers, y), 0, before.length);
  expectClose(computed.subarray(0, rows * yColumns), expected.subarray(0, rows * yColumns), TOLERANCE);
  expect(computed.subarray(rows * yColumns)).toEqual(before.subarray(rows * yColumns));
}

/** A NaN in one row of x must make every number of this row NaN, after every epilogue, and leave the others alone. */
async function expectNaN(
  pipelines: Pipelines,
  buffers: Buffers,
  matmul: typeof matmulMany,
  columns: number,
): Promise<void> {
  for (const epilogue of EPILOGUES) {
    const x = randomArray(6 * columns, 1);
    x[2 * columns + 1] = Number.NaN;
    const test = { rows: 6, features: 6, columns, dtype: 'q8', biased: true, epilogue } as const;
    await expectMatmul(pipelines, buffers, matmul, test, x);
  }
}

/** GELU far out: nearly 0 on the left and x itself on the right, also where the cube of x is no f32 any more. */
async function expectGelu(pipelines: Pipelines, buffers: Buffers, matmul: typeof matmulMany): Promise<void> {
  const inputs = [0, 1e-20, 3, 9, 90, -90, 200, -200, 1e20, -1e20];
  const x = Float32Array.from(inputs.flatMap((input) => [input, 0, 0, 0]));
  const test = { rows: inputs.length, features: 9, columns: 4, dtype: 'f32', biased: false, epilogue: 'gelu' } as const;
  await expectMatmul(pipelines, buffers, matmul, test, x);
}

/** SwiGLU of gates far out, of up 1 and of up far out: nearly 0 on the left and gate · up on the right. */
async function expectSwiglu(pipelines: Pipelines, buffers: Buffers, matmul: typeof matmulMany): Promise<void> {
  const inputs = [0, 1e-20, 3, -3, 20, -20, 88, -88, 90, -90, 200, -200, 1e10, -1e10];
  const x = Float32Array.from(inputs.flatMap((input) => [input, 0, 0, 0]));
  const test = {
    rows: inputs.length,
    features: 8,
    columns: 4,
    dtype: 'f32',
    biased: true,
    epilogue: 'swiglu',
  } as const;
  await expectMatmul(pipelines, buffers, matmul, test, x);
}

/** All that a matmul kernel must get right. */
export function testMatmul(
  { pipelines, buffers }: { readonly pipelines: Pipelines; readonly buffers: Buffers },
  matmul: typeof matmulMany,
  sizes: MatmulSizes,
): void {
  it.each(weightsTests(sizes))('$columns columns to $features features, $dtype', async (test) => {
    for (const rows of sizes.rows) await expectMatmul(pipelines, buffers, matmul, { ...test, rows });
  });

  it.each(epilogueTests(sizes))('epilogue $epilogue, bias: $biased, $columns columns', async (test) => {
    await expectMatmul(pipelines, buffers, matmul, test);
  });

  it('GELU of large numbers', async () => {
    await expectGelu(pipelines, buffers, matmul);
  });

  it('SwiGLU of large numbers', async () => {
    await expectSwiglu(pipelines, buffers, matmul);
  });

  it.each(EPILOGUES)('three row parts of one matrix, epilogue %s', async (epilogue) => {
    const test = {
      rows: 6,
      features: 46,
      columns: sizes.epilogueColumns,
      dtype: 'q8',
      biased: true,
      epilogue,
    } as const;
    await expectMatmul(pipelines, buffers, matmul, test, undefined, [
      [0, 6],
      [6, 44],
      [44, 46],
    ]);
  });

  it('a NaN in x makes its row NaN and no other', async () => {
    await expectNaN(pipelines, buffers, matmul, sizes.columnsOfNaN);
  });
}
