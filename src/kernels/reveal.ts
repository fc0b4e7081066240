import wgsl from '../../shaders/reveal.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import type { Drawn } from './sample';

const SOURCE = { stem: 'reveal', wgsl };

export interface RevealBuffers {
  /** `packRun` */
  readonly run: BufferSlice;
  /** `packProgress`, read and written. */
  readonly progress: BufferSlice;
  /** `Pass` of the head. */
  readonly head: BufferSlice;
  /** [rows] u32: rows of the pass. */
  readonly picks: BufferSlice;
  /** [rows]: see `readDrawn`. */
  readonly drawn: BufferSlice;
  /** [blockSize] u32, written where revealed. */
  readonly tokens: BufferSlice;
  /** [slots, blockSize], TRACE_BYTES each, written for the slot of the pass: see `readTrace`. */
  readonly trace: BufferSlice;
}

/** Ends a pass of the denoise loop: what the policy keeps of the predictions becomes tokens. Takes no rows. */
export function reveal(pipelines: Pipelines, label: string, buffers: RevealBuffers): Kernel {
  const { run, progress, head, picks, drawn, tokens, trace } = buffers;
  return pipelines.bind(label, SOURCE, {}, [run, progress, head, picks, drawn, tokens, trace], () => [1]);
}

/** What a position of the block takes in the trace of a pass. */
export const TRACE_BYTES = 12;

export interface Revealed extends Drawn {
  /** Within the block. */
  readonly position: number;
}

/** What one pass left in the trace, [blockSize] of TRACE_BYTES from a byte offset on: in reveal order. */
export function readTrace(bytes: ArrayBuffer, offset: number, blockSize: number): Revealed[] {
  const words = new Uint32Array(bytes, offset);
  const floats = new Float32Array(bytes, offset);
  const revealed: Revealed[] = [];
  for (let position = 0; position < blockSize; position++) {
    const at = position * 3;
    const place = words[at]! >>> 24;
    if (place === 0) continue;
    revealed[place - 1] = {
      position,
      id: words[at]! & 0xff_ffff,
      probability: floats[at + 1]!,
      entropy: floats[at + 2]!,
    };
  }
  return revealed;
}
