import { matmulMany } from '../../src/kernels/matmul-many';
import { kernelDevice } from './kernel-device';
import { testMatmul } from './matmul-cases';

testMatmul(await kernelDevice(), matmulMany, {
  weights: [
    [1, 1],
    [5, 4],
    [7, 5],
    [6, 33],
    [10, 34],
    [32, 32],
    [37, 100],
    [31, 65],
    [70, 8],
  ],
  rows: [1, 4, 5, 17, 31, 32, 33, 65],
  epilogueColumns: 7,
  columnsOfNaN: 9,
});
