import wgsl from '../../shaders/matmul-few.wgsl?raw';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { bindMatmul, type MatmulBuffers, type MatmulShape } from './matmul';
import { matmulMany } from './matmul-many';

/** Teams of a workgroup, as in the shader; a team makes 4 features × 4 rows. */
const TEAMS = 4;

/**
 * y = epilogue(x · weightsᵀ + bias) for a few rows of x: as fast as the weights can be read. A row is a
 * row of the pass. The shader reads four columns at a time; where the columns are no multiple of four,
 * `matmulMany` stands in.
 */
export function matmulFew(pipelines: Pipelines, label: string, shape: MatmulShape, buffers: MatmulBuffers): Kernel {
  if (shape.columns % 4 !== 0) return matmulMany(pipelines, label, shape, buffers);
  const featureFours = Math.ceil(shape.rows / 4);
  return bindMatmul(pipelines, label, { stem: 'matmul-few', wgsl }, shape, buffers, (rows) => [
    Math.ceil((Math.ceil(rows / 4) * featureFours) / TEAMS),
  ]);
}
