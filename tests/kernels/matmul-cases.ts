import { expect, it } from 'vitest';
import type { Buffers } from '../../src/gpu/buffers';
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

const EPILOGUES = ['none', 'gelu', 'add'] as const;

/** Sums of up to 100 products of size 1 in f32, against f64; GELU's exp adds a few units in the last place. */
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
    [false, true].map((biased) => ({ rows: 6, features: 5, columns, dtype: 'f32', biased, epilogue }) as const),
  );
}

/** Runs a matmul over random numbers but for `x`, if given, and compares with the reference. */
export async function expectMatmul(
  pipelines: Pipelines,
  buffers: Buffers,
  matmul: typeof matmulMany,
  test: MatmulTest,
  x = randomArray(test.rows * test.columns, 1),
): Promise<void> {
  const { device } = pipelines;
  const { rows, features, columns, epilogue } = test;
  const { matrix, stored } = uploadMatrix(device, buffers, randomArray(features * columns, 2), columns, test.dtype);
  const bias = test.biased ? randomArray(features, 3) : undefined;
  // One row more than the pass has, which must stay as it is.
  const before = randomArray((rows + 1) * features, 4);
  const y = upload(device, buffers, 'y', before);
  const slices = {
    pass: uploadPass(device, buffers, { rows }),
    x: upload(device, buffers, 'x', x),
    weights: matrix,
    ...(bias && { bias: upload(device, buffers, 'bias', bias) }),
    y,
  };
  runKernels(device, [matmul(pipelines, 'matmul', { rows: features, columns, epilogue }, slices), rows]);
  const computed = new Float32Array(await download(device, buffers, y), 0, before.length);
  expectClose(computed.subarray(0, rows * features), referenceMatmul(test, x, stored, bias, before), TOLERANCE);
  expect(computed.subarray(rows * features)).toEqual(before.subarray(rows * features));
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
    const test = { rows: 6, features: 5, columns, dtype: 'q8', biased: true, epilogue } as const;
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

  it('a NaN in x makes its row NaN and no other', async () => {
    await expectNaN(pipelines, buffers, matmul, sizes.columnsOfNaN);
  });
}
