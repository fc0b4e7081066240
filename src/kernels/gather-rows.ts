import wgsl from '../../shaders/gather-rows.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';

export interface GatherRowsBuffers {
  /** [count] u32: rows of x. */
  readonly picks: BufferSlice;
  /** [rows, columns] f32. */
  readonly x: BufferSlice;
  /** [count, columns] f32, written. */
  readonly y: BufferSlice;
}

/** y[i] = x[picks[i]]. A row is a row of y. */
export function gatherRows(
  pipelines: Pipelines,
  label: string,
  shape: { readonly columns: number },
  buffers: GatherRowsBuffers,
): Kernel {
  const { picks, x, y } = buffers;
  return pipelines.bind(label, { stem: 'gather-rows', wgsl }, { columns: shape.columns }, [picks, x, y], (rows) => [
    Math.ceil(shape.columns / 64),
    rows,
  ]);
}
