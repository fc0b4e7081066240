import { Float16Array } from '@petamoriken/float16';
import type { Backend, BlockStep, BlocksRequest, DenoiseStep, Prediction } from '../../src/backends/backend';
import { writeBlocksByVerbs } from '../../src/backends/block-loop';
import { STREAM, uniform } from '../../src/backends/random';
import { type WeightSpec, weightSpecs } from '../../src/model/format/weight-spec';
import type { ModelSource } from '../../src/model/source/model-source';
import type { ModelConfig } from '../../src/network/model-config';
import { dequantize } from './dequantize';
import { sample } from './sample';
import { uncachedLogits, type Weights } from './uncached';

/** What was asked of a backend, in order: `begin 4`, `prefill 8`, `denoise 0,2`, `commit`. */
export type CallLog = string[];

/** A backend that keeps no cache: each pass computes the whole text again, in plain loops. */
export class CpuBackend implements Backend {
  readonly name = 'wasm';
  readonly adapter = 'plain loops';
  readonly kvBytesPerToken = 0;
  readonly config: ModelConfig;
  readonly calls: CallLog = [];
  /** The number that each denoise pass was given. */
  readonly passes: number[] = [];
  readonly #weights: Weights;
  #blockSize = 1;
  #shortBlock = 0;
  #committed: number[] = [];

  constructor(config: ModelConfig, weights: Weights) {
    this.config = config;
    this.#weights = weights;
  }

  get position(): number {
    return this.#committed.length;
  }

  begin(blockSize: number, ids: readonly number[] = []): void {
    this.calls.push(`begin ${blockSize}`);
    this.#blockSize = blockSize;
    this.#shortBlock = ids.length % blockSize;
    this.#committed = [];
  }

  async prefill(ids: readonly number[]): Promise<void> {
    this.calls.push(`prefill ${ids.length}`);
    this.#committed.push(...ids);
  }

  async denoiseStep({ ids, positions, sampling, pass }: DenoiseStep): Promise<Prediction[]> {
    this.calls.push(`denoise ${positions}`);
    this.passes.push(pass);
    const { vocabSize, maskId } = this.config;
    const logits = this.#logitsAfter(ids);
    return positions.map((position) => {
      const row = logits.subarray(position * vocabSize, (position + 1) * vocabSize);
      return { position, ...sample(row, { maskId, ...sampling, pass, position: this.position + position }) };
    });
  }

  async commitBlock(ids: readonly number[]): Promise<void> {
    this.calls.push('commit');
    this.#committed.push(...ids);
  }

  writeBlocks(request: BlocksRequest, signal: AbortSignal): AsyncGenerator<BlockStep, void> {
    return writeBlocksByVerbs(this, request, signal);
  }

  async logits(ids: readonly number[]): Promise<Float32Array> {
    return this.#logitsAfter(ids);
  }

  async fork(): Promise<CpuBackend> {
    return new CpuBackend(this.config, this.#weights);
  }

  dispose(): void {}

  /** Of one block as it stands, or of several clean ones. */
  #logitsAfter(ids: readonly number[]): Float32Array {
    const text = {
      ids: [...this.#committed, ...ids],
      blockSize: this.#blockSize,
      shortBlock: this.#shortBlock,
      noisedFrom: ids.length > this.#blockSize ? ids.length : this.position,
    };
    return uncachedLogits(this.config, this.#weights, text, ids.length);
  }
}

/** Weights drawn evenly from ±1.5/√columns; norms scale by 1 or so. */
export function randomWeights(config: ModelConfig, seed: number): Weights {
  return new Map(
    weightSpecs(config).map(({ name, shape }, index) => {
      const size = shape.reduce((a, b) => a * b);
      const spread = shape.length === 2 ? 1.5 / Math.sqrt(shape[1]!) : 0.2;
      const centre = /norm\d?\.weight$/.test(name) ? 1 : 0;
      const draw = (_: unknown, i: number) => centre + spread * (2 * uniform(seed, STREAM.token, index, i) - 1);
      return [name, Float32Array.from({ length: size }, draw)];
    }),
  );
}

/** The weights of a model folder as f32: `weights.bin` has its tensors one after the other, at multiples of 4 bytes. */
export async function folderWeights({ manifest, config, read }: ModelSource): Promise<Weights> {
  const { buffer } = await read('weights.bin');
  let from = 0;
  const next = (size: number, bytesEach: number) => {
    const bytes = buffer.slice(from, from + size * bytesEach);
    from += Math.ceil((size * bytesEach) / 4) * 4;
    return bytes;
  };
  const decode = ({ shape }: WeightSpec): Float32Array => {
    const [rows, columns] = shape as readonly [number, number | undefined];
    const size = rows * (columns ?? 1);
    const { dtype } = manifest;
    if (columns === undefined || dtype === 'f32') return new Float32Array(next(size, 4));
    if (dtype === 'f16') return Float32Array.from(new Float16Array(next(size, 2)));
    const groups = rows * Math.ceil(columns / 32);
    const bytes = new Uint8Array(next(groups, dtype === 'q8' ? 32 : 16));
    return dequantize(bytes, new Float32Array(next(groups, 4)), columns, dtype);
  };
  const weights = new Map(weightSpecs(config).map((spec) => [spec.name, decode(spec)]));
  if (from !== buffer.byteLength) throw new Error(`weights.bin has ${buffer.byteLength} bytes, and the model ${from}.`);
  return weights;
}
