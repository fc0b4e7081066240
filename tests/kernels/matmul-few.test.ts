import { describe } from 'vitest';
import { matmulFew } from '../../src/kernels/matmul-few';
import { kernelDevice } from './kernel-device';
import { testMatmul } from './matmul-cases';

const device = await kernelDevice();

describe.each([1, 8] as const)('%i lanes', (lanes) => {
  testMatmul(device, (pipelines, label, shape, buffers) => matmulFew(pipelines, label, { ...shape, lanes }, buffers));
});
