import wgsl from '../../shaders/matmul-few.wgsl?raw';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { type InputNorm, inputNormParts } from './input-norm';
import { type Lanes, lanesWorkgroups } from './lanes';
import { bindMatmul, type MatmulBuffers, type MatmulShape } from './matmul';
import { matmulMany } from './matmul-many';

export interface MatmulFewShape extends MatmulShape {
  readonly lanes: Lanes;
}

export interface MatmulFewBuffers extends MatmulBuffers {
  /** Of x, whose columns are then a multiple of 4; of several lanes only. */
  readonly norm?: InputNorm;
}

/**
 * y = epilogue(x · weightsᵀ + bias) for a few rows of x: as fast as the weights can be read. A row is a
 * row of the pass. The shader reads four columns at a time; where the columns are no multiple of four,
 * `matmulMany` stands in.
 */
export function matmulFew(
  pipelines: Pipelines,
  label: string,
  shape: MatmulFewShape,
  buffers: MatmulFewBuffers,
): Kernel {
  if (shape.columns % 4 !== 0) return matmulMany(pipelines, label, shape, buffers);
  const { lanes, rows: features } = shape;
  const source = { stem: 'matmul-few', wgsl };
  const workgroups = (rows: number) => lanesWorkgroups(rows, lanes, features, lanes === 1 ? 8 : 4);
  const { constants, bindings } = inputNormParts(buffers.norm, buffers.x);
  return bindMatmul(pipelines, label, source, shape, buffers, workgroups, {
    constants: { lanes, ...constants },
    bindings,
  });
}
