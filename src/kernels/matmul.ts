import type { BufferSlice } from '../gpu/buffers';
import type { Constants } from '../gpu/constants';
import type { Kernel, KernelSource, Pipelines } from '../gpu/kernel';
import { DTYPE_CODE, type Matrix, matrixBindings } from './matrix';

/**
 * What becomes of a product before it is y: nothing; GELU (its tanh form); it is added to y; or SwiGLU, for which
 * the rows of the weights alternate between gate and up: y[f] = silu(product[2f]) · product[2f + 1].
 */
export type Epilogue = keyof typeof EPILOGUE_CODE;

/** As in parts/epilogue.wgsl. */
const EPILOGUE_CODE = { none: 0, gelu: 1, add: 2, swiglu: 3 } as const;

/** The shape of y = epilogue(x · Wᵀ + bias). The pass gives the number of rows of x. */
export interface MatmulShape {
  /** Rows of the weights. */
  readonly rows: number;
  /** Columns of the weights: input features. */
  readonly columns: number;
  readonly epilogue: Epilogue;
  /** Columns of y, if the weights are one row part of a larger matrix; without it they make all of y. */
  readonly yColumns?: number;
  /** The first column of y that the part makes. */
  readonly yOffset?: number;
}

export interface MatmulBuffers {
  /** Keeps the shape, which the shaders read from a uniform. */
  readonly constants: Constants;
  readonly pass: BufferSlice;
  /** [rows of the pass, columns] f32. */
  readonly x: BufferSlice;
  /** [rows, columns] */
  readonly weights: Matrix;
  /** f32, one number for each row of the weights (of all parts); none means zeros. */
  readonly bias?: BufferSlice | undefined;
  /** [rows of the pass, yColumns] f32, written; 'add' reads it first. Another buffer than x. */
  readonly y: BufferSlice;
}

/** What a matmul shader has beyond what all have. */
interface MatmulExtras {
  readonly constants: Record<string, number>;
  readonly bindings: readonly BufferSlice[];
}

/** Columns of y that the weights of this shape make. */
export function outputColumns({ rows, epilogue }: Pick<MatmulShape, 'rows' | 'epilogue'>): number {
  return epilogue === 'swiglu' ? rows / 2 : rows;
}

/** Binds one of the matmul shaders: what they read is the same, but for `extras` after it. */
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
  const { rows, columns, epilogue, yColumns = outputColumns(shape), yOffset = 0 } = shape;
  // As `Shape` in parts/epilogue.wgsl.
  const words = [rows, columns, yColumns, yOffset, EPILOGUE_CODE[epilogue], bias ? 1 : 0];
  const constants = { dtype: DTYPE_CODE[weights.dtype], ...extras.constants };
  // The shader names a bias in any case; x stands in unread where there is none.
  const inputs = [pass, buffers.constants.words('matmul.shape', words), x, ...matrixBindings(weights), bias ?? x, y];
  return pipelines.bind(label, source, constants, [...inputs, ...extras.bindings], workgroups);
}
