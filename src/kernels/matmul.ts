import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, KernelSource, Pipelines } from '../gpu/kernel';
import { DTYPE_CODE, type Matrix, matrixBindings } from './matrix';

/** What happens to a product before it is y: nothing, GELU (its tanh form), or y gets it added. */
const EPILOGUE_CODE = { none: 0, gelu: 1, add: 2 } as const;

/** The shape of y = epilogue(x · Wᵀ + bias), but for the rows of x, which the pass tells. */
export interface MatmulShape {
  /** Rows of the weights: output features. */
  readonly rows: number;
  /** Columns of the weights: input features. */
  readonly columns: number;
  readonly epilogue: keyof typeof EPILOGUE_CODE;
}

export interface MatmulBuffers {
  readonly pass: BufferSlice;
  /** [rows of the pass, columns] f32. */
  readonly x: BufferSlice;
  /** [rows, columns] */
  readonly weights: Matrix;
  /** [rows] f32; none counts as zeros. */
  readonly bias?: BufferSlice;
  /** [rows of the pass, rows] f32, written; 'add' reads it first. Another buffer than x. */
  readonly y: BufferSlice;
}

/** What a matmul shader has beyond what all have. */
interface MatmulExtras {
  readonly constants: Record<string, number>;
  readonly bindings: readonly BufferSlice[];
}

/** Binds one of the matmul shaders: their overrides and bindings are the same, but for `extras` after them. */
export function bindMatmul(
  pipelines: Pipelines,
  label: string,
  source: KernelSource,
  shape: MatmulShape,
  buffers: MatmulBuffers,
  workgroups: (rows: number) => readonly [x: number, y?: number],
  extras: MatmulExtras = { constants: {}, bindings: [] },
): Kernel {
  const { pass, x, weights, bias, y } = buffers;
  const constants = {
    features: shape.rows,
    columns: shape.columns,
    dtype: DTYPE_CODE[weights.dtype],
    has_bias: bias ? 1 : 0,
    epilogue: EPILOGUE_CODE[shape.epilogue],
    ...extras.constants,
  };
  // The shader names a bias in any case; where there is none it gets x, unread.
  const bindings = [pass, x, ...matrixBindings(weights), bias ?? x, y, ...extras.bindings];
  return pipelines.bind(label, source, constants, bindings, workgroups);
}
