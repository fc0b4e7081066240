import { afterAll, beforeAll, it } from 'vitest';
import { Buffers } from '../../src/gpu/buffers';
import { Pipelines } from '../../src/gpu/kernel';
import { matmulMany } from '../../src/kernels/matmul-many';
import { testGpu } from '../gpu';
import { EPILOGUE_TESTS, expectGelu, expectMatmul, expectNaN, sizeTests } from './matmul-cases';

let pipelines: Pipelines;
let buffers: Buffers;
beforeAll(async () => {
  const { device } = await testGpu();
  pipelines = new Pipelines(device);
  buffers = new Buffers(device);
});
afterAll(() => buffers.dispose());

it.each(sizeTests([33, 35, 64], [65, 31, 65]))(
  '$rows rows of $columns columns to $features features, $dtype',
  async (test) => {
    await expectMatmul(pipelines, buffers, matmulMany, test);
  },
);

it.each(EPILOGUE_TESTS)('epilogue $epilogue, bias: $biased, $columns columns', async (test) => {
  await expectMatmul(pipelines, buffers, matmulMany, test);
});

it('GELU of large numbers', async () => {
  await expectGelu(pipelines, buffers, matmulMany);
});

it.each([8, 9])('a NaN in x makes its row NaN and no other, %i columns', async (columns) => {
  await expectNaN(pipelines, buffers, matmulMany, columns);
});
