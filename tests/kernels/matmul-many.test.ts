import { matmulMany } from '../../src/kernels/matmul-many';
import { kernelDevice } from './kernel-device';
import { testMatmul } from './matmul-cases';

testMatmul(await kernelDevice(), matmulMany, [
  [33, 35, 64],
  [65, 31, 65],
]);
