import wgsl from '../../shaders/sample.wgsl?raw';
import type { BufferSlice } from '../gpu/buffers';
import type { Kernel, Pipelines } from '../gpu/kernel';
import type { Lanes } from './lanes';

export interface SampleShape {
  readonly vocab: number;
  /** Never drawn. */
  readonly maskId: number;
  /** As of the matmuls: where one lane is best, few invocations share a row, as barriers are slow. */
  readonly lanes: Lanes;
}

export interface SampleBuffers {
  readonly pass: BufferSlice;
  /** [count, vocab] f32. */
  readonly logits: BufferSlice;
  /** [count] u32: row of the block; `position` of the pass plus this is the position of the draw. */
  readonly picks: BufferSlice;
  /** [count] (id u32, probability f32, entropy f32), DRAWN_BYTES each, written; see `readDrawn`. */
  readonly drawn: BufferSlice;
}

/** Size of what is drawn from a row. */
export const DRAWN_BYTES = 12;

/** Draws an id from each row of logits. A row is one of the `count` rows. */
export function sample(pipelines: Pipelines, label: string, shape: SampleShape, buffers: SampleBuffers): Kernel {
  const { pass, logits, picks, drawn } = buffers;
  return pipelines.bind(
    label,
    { stem: 'sample', wgsl },
    { vocab: shape.vocab, mask_id: shape.maskId, threads: shape.lanes === 1 ? 16 : 256 },
    [pass, logits, picks, drawn],
    (rows) => [rows],
  );
}

export interface Drawn {
  readonly id: number;
  /** Softmax at temperature 1 without the mask; −1 where the logits were not all finite. */
  readonly probability: number;
  /** Of softmax at temperature 1 without the mask, in nats; −1 where the logits were not all finite. */
  readonly entropy: number;
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
  }));
}
