import drawn from '../../shaders/parts/drawn.wgsl?raw';
import params from '../../shaders/parts/params.wgsl?raw';
import pass from '../../shaders/parts/pass.wgsl?raw';
import random from '../../shaders/parts/random.wgsl?raw';
import wgsl from '../../shaders/sample.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import type { Lanes } from './lanes';

const SOURCE = { stem: 'sample', wgsl: [pass, params, random, drawn, wgsl].join('\n') };

export interface SampleShape {
  readonly vocab: number;
  /** Never drawn. */
  readonly maskId: number;
  /** Taken off the logits of ids that the written text has; see `penalised` of src/backends/presence.ts. */
  readonly presencePenalty: number;
  /** As in the matmuls. 1 selects small workgroups, for adapters with slow barriers. */
  readonly lanes: Lanes;
  /** Numbers that `candidates` has for each row, a multiple of 256; by default `sampleCandidates`. */
  readonly candidates?: number;
}

export interface SampleBuffers {
  readonly pass: BufferSlice;
  /** [count, vocab] f32; the penalty is taken off in place. */
  readonly logits: BufferSlice;
  /** [count] u32: row of the block; `position` of the pass plus this is the position of the draw. */
  readonly picks: BufferSlice;
  /** [count] of DRAWN_BYTES each, written; see `readDrawn`. */
  readonly drawn: BufferSlice;
  /** [count, candidates] f32, for its own use. */
  readonly candidates: BufferSlice;
  /** [vocab / 32] u32, a bit for each id that was written before the pass. */
  readonly written: BufferSlice;
  /** [rows] u32: what the layers read. In a tree the rows after the first pick were written, if the row sees them. */
  readonly ids: BufferSlice;
}

/** Size of what is drawn from a row. */
export const DRAWN_BYTES = 24;

/** The most invocations that share a row; a multiple of all others. */
const MOST_THREADS = 256;
const MOST_CANDIDATES = 64 * MOST_THREADS;

/** Numbers of a row's list of candidates for the nucleus, with which few rows are read more than three times. */
export function sampleCandidates(vocab: number): number {
  return Math.min(MOST_CANDIDATES, Math.ceil(vocab / MOST_THREADS) * MOST_THREADS);
}

/** Draws an id from each row of logits. A row is one of the `count` rows. */
export function sample(pipelines: Pipelines, label: string, shape: SampleShape, buffers: SampleBuffers): Kernel {
  const { pass, logits, picks, drawn, candidates, written, ids } = buffers;
  const { vocab, maskId, presencePenalty, lanes } = shape;
  const threads = lanes === 1 ? 16 : MOST_THREADS;
  const capacity = (shape.candidates ?? sampleCandidates(vocab)) / threads;
  return pipelines.bind(
    label,
    SOURCE,
    { vocab, mask_id: maskId, presence_penalty: presencePenalty, threads, capacity },
    [pass, logits, picks, drawn, candidates, written, ids],
    (rows) => [rows],
  );
}

export interface Drawn {
  readonly id: number;
  /** Softmax at temperature 1 without the mask; −1 where the logits were not all finite. */
  readonly probability: number;
  /** Of softmax at temperature 1 without the mask, in nats; −1 where the logits were not all finite. */
  readonly entropy: number;
  /** The arg-max, the lowest of equal ids, with its probability as above. */
  readonly likeliest: { readonly id: number; readonly probability: number };
  /** The arg-max of all others, the lowest of equal ids; the same one where there is no other. */
  readonly second: number;
}

/** What `sample` wrote for the first `count` rows. */
export function readDrawn(bytes: ArrayBuffer, count: number): Drawn[] {
  const words = new Uint32Array(bytes);
  const floats = new Float32Array(bytes);
  const each = DRAWN_BYTES / Uint32Array.BYTES_PER_ELEMENT;
  return Array.from({ length: count }, (_, row) => ({
    id: words[each * row]!,
    probability: floats[each * row + 1]!,
    entropy: floats[each * row + 2]!,
    likeliest: { id: words[each * row + 3]!, probability: floats[each * row + 4]! },
    second: words[each * row + 5]!,
  }));
}
