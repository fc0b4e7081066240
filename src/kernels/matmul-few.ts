import wgsl from '../../shaders/matmul-few.wgsl?raw';
import epilogue from '../../shaders/parts/epilogue.wgsl?raw';
import fewRows from '../../shaders/parts/few-rows.wgsl?raw';
import matrix from '../../shaders/parts/matrix.wgsl?raw';
import params from '../../shaders/parts/params.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import type { Kernel, Pipelines } from '../gpu/kernel';
import { type InputNorm, inputNormConstants } from './input-norm';
import { type Lanes, lanesSource, lanesWorkgroups, sourceFor, workgroupInvocations } from './lanes';
import { bindMatmul, type MatmulBuffers, type MatmulShape } from './matmul';
import { matmulMany } from './matmul-many';

const SOURCE = lanesSource('matmul-few', [pass, params, matrix, epilogue, fewRows, wgsl]);

export interface MatmulFewShape extends MatmulShape {
  readonly lanes: Lanes;
}

export interface MatmulFewBuffers extends MatmulBuffers {
  /** Normalises x as it is read. Needs lanes > 1, and columns that are a multiple of 4. */
  readonly norm?: InputNorm | undefined;
}

/**
 * y = epilogue(x · weightsᵀ + bias) for a few rows of x, as fast as the weights can be read. A row is a row of the
 * pass. The shader reads four columns at a time; `matmulMany` stands in where the columns are no multiple of four.
 */
export function matmulFew(
  pipelines: Pipelines,
  label: string,
  shape: MatmulFewShape,
  buffers: MatmulFewBuffers,
): Kernel {
  if (shape.columns % 4 !== 0) return matmulMany(pipelines, label, shape, buffers);
  const { lanes, rows: features } = shape;
  const { x, norm } = buffers;
  const workgroups = (rows: number) => lanesWorkgroups(rows, lanes, features, lanes === 1 ? 8 : 4);
  const source = sourceFor(SOURCE, pipelines.device, lanes, workgroupInvocations(lanes));
  return bindMatmul(pipelines, label, source, shape, buffers, workgroups, {
    constants: { lanes, norm_biased: norm?.bias ? 1 : 0, ...inputNormConstants(norm) },
    bindings: [norm?.weight ?? x, norm?.bias ?? x],
  });
}
