import drawn from '../../shaders/parts/drawn.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import run from '../../shaders/parts/run.wgsl?raw';
import wgsl from '../../shaders/reveal.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';

const SOURCE = { stem: 'reveal', wgsl: [pass, run, drawn, wgsl].join('\n') };

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
  /** [vocab / 32] u32, a bit for each id that was written: set where one is revealed. */
  readonly written: BufferSlice;
}

/** Ends a pass of the denoise loop: what the policy keeps of the predictions becomes tokens. Takes no rows. */
export function reveal(pipelines: Pipelines, label: string, buffers: RevealBuffers): Kernel {
  const { run, progress, head, picks, drawn, tokens, trace, written } = buffers;
  return pipelines.bind(label, SOURCE, {}, [run, progress, head, picks, drawn, tokens, trace, written], () => [1]);
}

/** What a position of the block takes in the trace of a pass. */
export const TRACE_BYTES = 12;

/** What a pass revealed at a position of the block; see `readDrawn`. */
export interface Revealed {
  readonly position: number;
  readonly id: number;
  readonly probability: number;
  readonly entropy: number;
}

/** What the network finds likeliest at a position that a pass left masked; see `Guess` of the backends. */
export interface Guessed {
  readonly position: number;
  readonly id: number;
  readonly probability: number;
  readonly drawn: number | null;
}

/** What a pass left in the trace: in reveal order, and guesses by position where the run asks for them. */
export interface PassTrace {
  readonly revealed: readonly Revealed[];
  readonly guessed: readonly Guessed[];
}

/** Places of what stays masked, as in the shader. */
const JUDGED = 255;
const ONLY_GUESSED = 254;

/** What one pass left in the trace, [blockSize] of TRACE_BYTES from a byte offset on. */
export function readTrace(bytes: ArrayBuffer, offset: number, blockSize: number): PassTrace {
  const words = new Uint32Array(bytes, offset);
  const floats = new Float32Array(bytes, offset);
  const revealed: Revealed[] = [];
  const guessed: Guessed[] = [];
  for (let position = 0; position < blockSize; position++) {
    const at = position * 3;
    const place = words[at]! >>> 24;
    const [id, probability, third] = [words[at]! & 0xff_ffff, floats[at + 1]!, floats[at + 2]!];
    if (place === JUDGED) guessed.push({ position, id, probability, drawn: third });
    else if (place === ONLY_GUESSED) guessed.push({ position, id, probability, drawn: null });
    else if (place > 0) revealed[place - 1] = { position, id, probability, entropy: third };
  }
  return { revealed, guessed };
}
