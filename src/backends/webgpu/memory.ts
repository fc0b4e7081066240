import type { BufferSlice, Buffers } from '../../gpu/buffers';
import { attentionChunk, attentionChunks, attentionScores } from '../../kernels/block-attention';
import { MOST_ROWS, PROGRESS_BYTES, RUN_BYTES } from '../../kernels/denoise-run';
import { CACHE_BYTES, type CacheDtype } from '../../kernels/kv-cache';
import type { Lanes } from '../../kernels/lanes';
import { PASS_BYTES } from '../../kernels/pass';
import { TRACE_BYTES } from '../../kernels/reveal';
import { DRAWN_BYTES, sampleCandidates } from '../../kernels/sample';
import type { ModelConfig } from '../../network/model-config';
import {
  type Attention,
  cacheNumbersPerToken,
  cacheWidth,
  hiddenSize,
  type Layer,
  type Network,
  queryWidth,
} from '../../network/network';

const F32 = 4;

/** K and V of one layer, [contextLength, cache width] each; a sequence uses the first `ring` slots. */
export interface LayerCache {
  readonly keys: BufferSlice;
  readonly values: BufferSlice;
}

/** Bytes of a token's keys and values, in all layers together. */
export function cacheBytesPerToken({ network }: ModelConfig, dtype: CacheDtype): number {
  return cacheNumbersPerToken(network) * CACHE_BYTES[dtype];
}

export function allocateCache(
  buffers: Buffers,
  { network, contextLength }: ModelConfig,
  dtype: CacheDtype,
): LayerCache[] {
  return network.layers.map(({ attention }, layer) => {
    const bytes = contextLength * cacheWidth(attention) * CACHE_BYTES[dtype];
    return {
      keys: buffers.storage(`layer${layer}.attention.keys`, bytes),
      values: buffers.storage(`layer${layer}.attention.values`, bytes),
    };
  });
}

/** [contextLength, headSize / 2] pairs (cos, sin) f32: RoPE of the position that each slot of the ring holds. */
export function allocateRopeTable(buffers: Buffers, { contextLength, network }: ModelConfig): BufferSlice {
  return buffers.storage('attention.ropeTable', contextLength * ropeOf(network).headSize * F32);
}

/** The head size and base of RoPE, which all layers share. */
export function ropeOf({ layers }: Network): Pick<Attention, 'headSize' | 'ropeBase'> {
  return layers[0]!.attention;
}

/** What flows through the layers, all f32 but the ids; `capacity` rows, shared by all layers. */
export interface Activations {
  readonly capacity: number;
  /** Uniform of the pass. */
  readonly pass: BufferSlice;
  /** [rows] u32 */
  readonly ids: BufferSlice;
  /** [rows + 1, hidden]: the residual stream; its last row is kept from the clean pass before. */
  readonly x: BufferSlice;
  /** [rows, hidden] normalised, or [rows, query width] attended. */
  readonly h: BufferSlice;
  /** [rows, query width + 2 · cache width] */
  readonly qkv: BufferSlice;
  /** [rows, query width] */
  readonly q: BufferSlice;
  /** [rows, mlp] */
  readonly up: BufferSlice;
}

export function allocateActivations(buffers: Buffers, name: string, network: Network, capacity: number): Activations {
  const rows = (what: string, columns: number, count = capacity) =>
    buffers.storage(`${name}.${what}`, count * columns * F32);
  const widest = (width: (layer: Layer) => number) => Math.max(...network.layers.map(width));
  const queries = widest(({ attention }) => queryWidth(attention));
  return {
    capacity,
    pass: buffers.uniform(`${name}.pass`, PASS_BYTES),
    ids: rows('ids', 1),
    x: rows('x', hiddenSize(network), capacity + 1),
    h: rows('h', Math.max(hiddenSize(network), queries)),
    qkv: rows(
      'qkv',
      widest(({ attention }) => attention.qkv.weight.rows),
    ),
    q: rows('q', queries),
    up: rows(
      'up',
      widest(({ mlp }) => mlp.down.weight.columns),
    ),
  };
}

/** What block attention keeps between its kernels, and within them, for `capacity` rows. */
export interface AttentionParts {
  /** Slots of a chunk. */
  readonly chunk: number;
  /** See `attentionScores`. */
  readonly scores: BufferSlice;
  /** [chunks, rows, query width] f32, unless there is one chunk. */
  readonly sums: BufferSlice;
  /** [chunks, rows, heads] pairs of f32 */
  readonly weights: BufferSlice;
}

export function allocateAttentionParts(
  buffers: Buffers,
  { network, contextLength }: ModelConfig,
  capacity: number,
  lanes: Lanes,
): AttentionParts {
  const { heads, kvHeads, headSize } = network.layers[0]!.attention;
  const ringCapacity = contextLength;
  const chunk = attentionChunk({ heads, headSize, ringCapacity, lanes }, capacity);
  const shape = { heads, kvHeads, ringCapacity, chunk };
  const chunks = attentionChunks(shape);
  return {
    chunk,
    scores: buffers.storage('attention.scores', attentionScores(shape, capacity) * F32),
    sums: buffers.storage('attention.sums', chunks === 1 ? 0 : chunks * capacity * heads * headSize * F32),
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
  /** [count]: see `readDrawn` */
  readonly drawn: BufferSlice;
  /** [count, sampleCandidates] f32, for the sampler's own use */
  readonly candidates: BufferSlice;
  /** [vocab / 32] u32: see `packWritten` */
  readonly written: BufferSlice;
}

/** [hidden] f32: the last row of a clean pass, on its way to the kept row of `x`. */
export function allocateKeptRow(buffers: Buffers, network: Network): BufferSlice {
  return buffers.storage('kept', hiddenSize(network) * F32);
}

export function allocateHead(buffers: Buffers, config: ModelConfig, capacity: number): HeadMemory {
  const rows = (what: string, columns: number) => buffers.storage(`head.${what}`, capacity * columns * F32);
  return {
    capacity,
    pass: buffers.uniform('head.pass', PASS_BYTES),
    picks: rows('picks', 1),
    normed: rows('normed', hiddenSize(config.network)),
    logits: rows('logits', config.vocabSize),
    drawn: buffers.storage('head.drawn', capacity * DRAWN_BYTES),
    candidates: rows('candidates', sampleCandidates(config.vocabSize)),
    written: buffers.storage('head.written', Math.ceil(config.vocabSize / 32) * Uint32Array.BYTES_PER_ELEMENT),
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
  /** [MOST_PASSES, blockSize], TRACE_BYTES each; and one copy to read for each submission in flight. */
  readonly trace: BufferSlice;
  readonly readbacks: readonly BufferSlice[];
}

export function allocateLoop(buffers: Buffers, inFlight: number): LoopMemory {
  const words = (what: string, count: number) => buffers.storage(`loop.${what}`, count * Uint32Array.BYTES_PER_ELEMENT);
  const traceBytes = MOST_PASSES * MOST_ROWS * TRACE_BYTES;
  return {
    run: buffers.uniform('loop.run', RUN_BYTES),
    progress: buffers.storage('loop.progress', PROGRESS_BYTES),
    tokens: words('tokens', MOST_ROWS),
    trace: buffers.storage('loop.trace', traceBytes),
    readbacks: Array.from({ length: inFlight }, (_, i) => buffers.readback(`loop.trace.readback${i}`, traceBytes)),
  };
}
