import type { BufferSlice, Buffers } from '../../gpu/buffers';
import { attentionChunks } from '../../kernels/block-attention';
import { PASS_BYTES } from '../../kernels/pass';
import { DRAWN_BYTES } from '../../kernels/sample';
import type { ModelConfig } from '../../weights/model-config';

const F32 = 4;

/** K and V of one layer, [contextLength, hidden] f32 each; a sequence uses the first `ring` slots. */
export interface LayerCache {
  readonly keys: BufferSlice;
  readonly values: BufferSlice;
}

export function allocateCache(buffers: Buffers, config: ModelConfig): LayerCache[] {
  const bytes = config.contextLength * config.hiddenSize * F32;
  return Array.from({ length: config.layers }, (_, layer) => ({
    keys: buffers.storage(`layer${layer}.attention.keys`, bytes),
    values: buffers.storage(`layer${layer}.attention.values`, bytes),
  }));
}

/** [contextLength, headSize / 2] pairs (cos, sin) f32: RoPE's turns of the position that each slot of the ring holds. */
export function allocateTurns(buffers: Buffers, { contextLength, hiddenSize, heads }: ModelConfig): BufferSlice {
  return buffers.storage('attention.turns', contextLength * (hiddenSize / heads) * F32);
}

/** What flows through the layers, all f32 but the ids; `capacity` rows, shared by all layers. */
export interface Activations {
  readonly capacity: number;
  /** Uniform of the pass. */
  readonly pass: BufferSlice;
  /** [rows] u32 */
  readonly ids: BufferSlice;
  /** [rows, hidden]: the residual stream. */
  readonly x: BufferSlice;
  /** [rows, hidden]: normalised, or attended. */
  readonly h: BufferSlice;
  /** [rows, 3 · hidden] */
  readonly qkv: BufferSlice;
  /** [rows, hidden] */
  readonly q: BufferSlice;
  /** [rows, mlp] */
  readonly up: BufferSlice;
}

export function allocateActivations(
  buffers: Buffers,
  name: string,
  config: ModelConfig,
  capacity: number,
): Activations {
  const { hiddenSize, mlpSize } = config;
  const rows = (what: string, columns: number) => buffers.storage(`${name}.${what}`, capacity * columns * F32);
  return {
    capacity,
    pass: buffers.uniform(`${name}.pass`, PASS_BYTES),
    ids: rows('ids', 1),
    x: rows('x', hiddenSize),
    h: rows('h', hiddenSize),
    qkv: rows('qkv', 3 * hiddenSize),
    q: rows('q', hiddenSize),
    up: rows('up', mlpSize),
  };
}

/** Unfinished softmaxes of block attention, for `capacity` rows. */
export interface AttentionParts {
  /** [chunks, rows, hidden] f32 */
  readonly sums: BufferSlice;
  /** [chunks, rows, heads] pairs of f32 */
  readonly weights: BufferSlice;
}

export function allocateAttentionParts(buffers: Buffers, config: ModelConfig, capacity: number): AttentionParts {
  const rows = attentionChunks(config.contextLength) * capacity;
  return {
    sums: buffers.storage('attention.sums', rows * config.hiddenSize * F32),
    weights: buffers.storage('attention.weights', rows * config.heads * 2 * F32),
  };
}

/** What the head works on: `capacity` of the rows, picked. */
export interface HeadMemory {
  readonly capacity: number;
  /** Uniform of the pass, its rows being the picked ones. */
  readonly pass: BufferSlice;
  /** [count] u32: rows of the trunk. */
  readonly picks: BufferSlice;
  /** [count, hidden] f32 */
  readonly picked: BufferSlice;
  /** [count, hidden] f32 */
  readonly normed: BufferSlice;
  /** [count, vocab] f32 */
  readonly logits: BufferSlice;
  /** [count] (id u32, probability f32, entropy f32) */
  readonly drawn: BufferSlice;
}

export function allocateHead(buffers: Buffers, config: ModelConfig, capacity: number): HeadMemory {
  const rows = (what: string, columns: number) => buffers.storage(`head.${what}`, capacity * columns * F32);
  return {
    capacity,
    pass: buffers.uniform('head.pass', PASS_BYTES),
    picks: rows('picks', 1),
    picked: rows('picked', config.hiddenSize),
    normed: rows('normed', config.hiddenSize),
    logits: rows('logits', config.vocabSize),
    drawn: buffers.storage('head.drawn', capacity * DRAWN_BYTES),
  };
}
