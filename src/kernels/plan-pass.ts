import pass from '../../shaders/parts/pass.wgsl?raw';
import random from '../../shaders/parts/random.wgsl?raw';
import run from '../../shaders/parts/run.wgsl?raw';
import wgsl from '../../shaders/plan-pass.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';

const SOURCE = { stem: 'plan-pass', wgsl: [pass, random, run, wgsl].join('\n') };

export interface PlanPassBuffers {
  /** `packRun` */
  readonly run: BufferSlice;
  /** `packProgress`, read and written. */
  readonly progress: BufferSlice;
  /** [blockSize] u32, the mask's id where masked; read and written. */
  readonly tokens: BufferSlice;
  /** [rows 0 … , kernels, 3] u32: see `packWorkgroups`. */
  readonly workgroups: BufferSlice;
  /** [rows] u32, written: the ids of the pass. */
  readonly ids: BufferSlice;
  /** [head rows] u32, written: the rows of the pass to predict. */
  readonly picks: BufferSlice;
  /** `Pass` of the layers, its rows and position written. */
  readonly trunk: BufferSlice;
  /** `Pass` of the head, its rows, position and pass number written. */
  readonly head: BufferSlice;
  /** [kernels, 3] u32, written: the workgroups of each kernel in this pass. */
  readonly counts: BufferSlice;
}

/** Begins a pass of the denoise loop: what it computes, and how many workgroups that takes. Takes no rows. */
export function planPass(pipelines: Pipelines, label: string, buffers: PlanPassBuffers): Kernel {
  const { run, progress, tokens, workgroups, ids, picks, trunk, head, counts } = buffers;
  return pipelines.bind(label, SOURCE, {}, [run, progress, tokens, workgroups, ids, picks, trunk, head, counts], () => [
    1,
  ]);
}

/** Workgroups of each of the kernels for 0 to `mostRows` rows: [rows, kernels, 3], none for no row. */
export function packWorkgroups(kernels: readonly Kernel[], mostRows: number): Uint32Array<ArrayBuffer> {
  const table = new Uint32Array((mostRows + 1) * kernels.length * 3);
  for (let rows = 1; rows <= mostRows; rows++) {
    for (const [index, kernel] of kernels.entries()) {
      const [x, y = 1, z = 1] = kernel.workgroups(rows);
      table.set([x, y, z], (rows * kernels.length + index) * 3);
    }
  }
  return table;
}
