import wgsl from '../../shaders/norm.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import type { Lanes } from './lanes';

const SOURCE = { stem: 'norm', wgsl: [pass, wgsl].join('\n') };

/** Layer norm subtracts the mean of a row, RMS norm does not. */
export type NormKind = 'layer' | 'rms';

export interface NormShape {
  readonly columns: number;
  readonly kind: NormKind;
  /** Added to the variance, or to the mean square. */
  readonly epsilon: number;
  /** As in the matmuls. 1 selects small workgroups, for adapters with slow barriers. */
  readonly lanes: Lanes;
}

export interface NormBuffers {
  readonly pass: BufferSlice;
  /** [rows, columns] f32, or more rows with `picks`. */
  readonly x: BufferSlice;
  /** [rows] u32: the rows of x to take; without it they are the rows of the pass. */
  readonly picks?: BufferSlice | undefined;
  /** [columns] f32. */
  readonly weight: BufferSlice;
  /** [columns] f32. */
  readonly bias?: BufferSlice | undefined;
  /** [rows, columns] f32, written. */
  readonly y: BufferSlice;
}

/** y = (x − mean) / √(variance + epsilon) · weight + bias over the columns of each row of the pass; 0 for the mean in RMS norm. */
export function norm(pipelines: Pipelines, label: string, shape: NormShape, buffers: NormBuffers): Kernel {
  const { pass, x, picks, weight, bias, y } = buffers;
  const { columns, kind, epsilon, lanes } = shape;
  const constants = {
    columns,
    epsilon,
    is_rms: kind === 'rms' ? 1 : 0,
    biased: bias ? 1 : 0,
    picked: picks ? 1 : 0,
    threads: lanes === 1 ? 4 : 64,
  };
  // The shader names picks and bias in any case; x stands in unread where there are none.
  return pipelines.bind(label, SOURCE, constants, [pass, x, picks ?? x, weight, bias ?? x, y], (rows) => [rows]);
}
