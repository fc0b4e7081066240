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
  /** [rows] u32, written: the ids of the pass. */
  readonly ids: BufferSlice;
  /** [head rows] u32, written: the rows of the pass to predict. */
  readonly picks: BufferSlice;
  /** `Pass` of the layers, its rows and position written. */
  readonly trunk: BufferSlice;
  /** `Pass` of the head, its rows, position and pass number written. */
  readonly head: BufferSlice;
}

/** Begins a pass of the denoise loop: what it computes, and in how many rows. Takes no rows itself. */
export function planPass(pipelines: Pipelines, label: string, buffers: PlanPassBuffers): Kernel {
  const { run, progress, tokens, ids, picks, trunk, head } = buffers;
  return pipelines.bind(label, SOURCE, {}, [run, progress, tokens, ids, picks, trunk, head], () => [1]);
}
