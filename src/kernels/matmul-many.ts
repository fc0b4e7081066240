import wgsl from '../../shaders/matmul-many.wgsl?raw';
import epilogue from '../../shaders/parts/epilogue.wgsl?raw';
import matrix from '../../shaders/parts/matrix.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { bindMatmul, type MatmulBuffers, type MatmulShape } from './matmul';

const SOURCE = { stem: 'matmul-many', wgsl: [pass, matrix, epilogue, wgsl].join('\n') };

/** Rows of x and output features of one workgroup, as in the shader. */
const TILE = 32;

/** y = epilogue(x · weightsᵀ + bias) for many rows of x. A row is a row of the pass. */
export function matmulMany(pipelines: Pipelines, label: string, shape: MatmulShape, buffers: MatmulBuffers): Kernel {
  const features = Math.ceil(shape.rows / TILE);
  return bindMatmul(pipelines, label, SOURCE, shape, buffers, (rows) => [Math.ceil(rows / TILE), features]);
}
