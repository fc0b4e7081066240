import type { BufferSlice, Buffers } from '../../gpu/buffers';
import { ATTENTION_CHUNK, attentionChunks, attentionScores } from '../../kernels/block-attention';
import { MOST_ROWS, PROGRESS_BYTES, RUN_BYTES } from '../../kernels/denoise-run';
import { CACHE_BYTES, type CacheDtype } from '../../kernels/kv-cache';
import { PASS_BYTES } from '../../kernels/pass';
import { TRACE_BYTES } from '../../kernels/reveal';
import { DRAWN_BYTES, sampleCandidates } from '../../kernels/sample';
import type { ModelConfig } from '../../model/format/model-config';

const F32 = 4;

/** K and V of one layer, [contextLength, hidden] each; a sequence uses the first `ring` slots. */
export interface LayerCache {
  readonly keys: BufferSlice;
  readonly values: BufferSlice;
}

/** Of a token's keys and values, in all layers together. */
export function cacheBytesPerToken({ layers, hiddenSize }: ModelConfig, dtype: CacheDtype): number {
  return 2 * layers * hiddenSize * CACHE_BYTES[dtype];
}

export function allocateCache(buffers: Buffers, config: ModelConfig, dtype: CacheDtype): LayerCache[] {
  const bytes = config.contextLength * config.hiddenSize * CACHE_BYTES[dtype];
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

/** What block attention keeps between its kernels, and within them, for `capacity` rows. */
export interface AttentionParts {
  /** See `attentionScores`. */
  readonly scores: BufferSlice;
  /** [chunks, rows, hidden] f32, unless there is one chunk. */
  readonly sums: BufferSlice;
  /** [chunks, rows, heads] pairs of f32 */
  readonly weights: BufferSlice;
}

export function allocateAttentionParts(buffers: Buffers, config: ModelConfig, capacity: number): AttentionParts {
  const { hiddenSize, heads, contextLength } = config;
  const shape = { heads, kvHeads: heads, ringCapacity: contextLength, chunk: ATTENTION_CHUNK };
  const chunks = attentionChunks(shape);
  return {
    scores: buffers.storage('attention.scores', attentionScores(shape, capacity) * F32),
    sums: buffers.storage('attention.sums', chunks === 1 ? 0 : chunks * capacity * hiddenSize * F32),
    weights: buffers.storage('attention.weights', chunks * capacity * heads * 2 * F32),
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
  readonly normed: BufferSlice;
  /** [count, vocab] f32 */
  readonly logits: BufferSlice;
  /** [count] (id u32, probability f32, entropy f32) */
  readonly drawn: BufferSlice;
  /** [count, sampleCandidates] f32, for the sampler's own use */
  readonly candidates: BufferSlice;
}

export function allocateHead(buffers: Buffers, config: ModelConfig, capacity: number): HeadMemory {
  const rows = (what: string, columns: number) => buffers.storage(`head.${what}`, capacity * columns * F32);
  return {
    capacity,
    pass: buffers.uniform('head.pass', PASS_BYTES),
    picks: rows('picks', 1),
    normed: rows('normed', config.hiddenSize),
    logits: rows('logits', config.vocabSize),
    drawn: buffers.storage('head.drawn', capacity * DRAWN_BYTES),
    candidates: rows('candidates', sampleCandidates(config.vocabSize)),
  };
}

/** Passes of the denoise loop that one submission can hold. */
export const MOST_PASSES = 64;

/** What the denoise loop keeps on the GPU from pass to pass. */
export interface LoopMemory {
  /** Uniform of the run, and how far it is. */
  readonly run: BufferSlice;
  readonly progress: BufferSlice;
  /** [blockSize] u32: the block as it stands. */
  readonly tokens: BufferSlice;
  /** [rows 0 … MOST_ROWS, kernels, 3] u32 */
  readonly workgroups: BufferSlice;
  /** [kernels, 3] u32 */
  readonly counts: BufferSlice;
  /** [MOST_PASSES, blockSize], TRACE_BYTES each; and one copy to read for each submission in flight. */
  readonly trace: BufferSlice;
  readonly readbacks: readonly BufferSlice[];
}

export function allocateLoop(buffers: Buffers, kernels: number, inFlight: number): LoopMemory {
  const words = (what: string, count: number) => buffers.storage(`loop.${what}`, count * Uint32Array.BYTES_PER_ELEMENT);
  const traceBytes = MOST_PASSES * MOST_ROWS * TRACE_BYTES;
  return {
    run: buffers.uniform('loop.run', RUN_BYTES),
    progress: buffers.storage('loop.progress', PROGRESS_BYTES),
    tokens: words('tokens', MOST_ROWS),
    workgroups: words('workgroups', (MOST_ROWS + 1) * kernels * 3),
    counts: buffers.indirect('loop.counts', kernels * 3 * Uint32Array.BYTES_PER_ELEMENT),
    trace: buffers.storage('loop.trace', traceBytes),
    readbacks: Array.from({ length: inFlight }, (_, i) => buffers.readback(`loop.trace.readback${i}`, traceBytes)),
  };
}
