import { describe, it } from 'vitest';
import { matmulFew } from '../../src/kernels/matmul-few';
import type { matmulMany } from '../../src/kernels/matmul-many';
import { featurelessGpu } from '../gpu';
import { kernelDevice } from './kernel-device';
import { expectMatmul, testMatmul } from './matmul-cases';

const device = await kernelDevice();
const featureless = await kernelDevice(featurelessGpu());

describe.each([
  ['one lane with subgroups', 1, device],
  ['one lane without', 1, featureless],
  ['eight lanes', 8, device],
  ['thirty-two lanes with subgroups', 32, device],
  ['thirty-two lanes without', 32, featureless],
] as const)('%s', (_, lanes, device) => {
  const matmul: typeof matmulMany = (pipelines, label, shape, buffers) =>
    matmulFew(pipelines, label, { ...shape, lanes }, buffers);

  testMatmul(device, matmul, {
    weights: [
      [1, 4],
      [5, 32],
      [9, 36],
      [32, 64],
      [33, 12],
      [70, 8],
      [37, 100],
    ],
    rows: [1, 2, 3, 4, 5, 7, 16, 17, 32],
    epilogueColumns: 20,
    columnsOfNaN: 8,
  });

  it('columns that are no multiple of four, as the kernel for many rows takes them', async () => {
    const test = { rows: 3, features: 7, columns: 5, dtype: 'q8', biased: true, epilogue: 'none' } as const;
    await expectMatmul(device.pipelines, device.buffers, matmul, test);
  });
});
