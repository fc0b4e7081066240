import { matmulFew } from '../../src/kernels/matmul-few';
import { kernelDevice } from './kernel-device';
import { testMatmul } from './matmul-cases';

testMatmul(await kernelDevice(), matmulFew);
