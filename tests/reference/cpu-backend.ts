import type { Backend, BlockStep, BlocksRequest, DenoiseStep, Draw, VerifiedDraft } from '../../src/backends/backend';
import { writeBlocksByVerbs } from '../../src/backends/block-loop';
import type { ModelConfig } from '../../src/network/model-config';
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
  #writtenFrom = 0;

  constructor(config: ModelConfig, weights: Weights) {
    this.config = config;
    this.#weights = weights;
  }

  get position(): number {
    return this.#committed.length;
  }

  begin(blockSize: number, ids: readonly number[] = [], writtenFrom = 0): void {
    this.#writtenFrom = writtenFrom;
    this.calls.push(`begin ${blockSize}`);
    this.#blockSize = blockSize;
    this.#shortBlock = ids.length % blockSize;
    this.#committed = [];
  }

  async prefill(ids: readonly number[]): Promise<void> {
    this.calls.push(`prefill ${ids.length}`);
    this.#committed.push(...ids);
  }

  async denoiseStep({ ids, positions, sampling, pass }: DenoiseStep): Promise<Draw[]> {
    this.calls.push(`denoise ${positions}`);
    this.passes.push(pass);
    const { vocabSize, maskId } = this.config;
    const logits = this.#logitsAfter(ids);
    const written = [...this.#committed, ...ids].slice(this.#writtenFrom);
    return positions.map((position) => {
      const row = logits
        .subarray(position * vocabSize, (position + 1) * vocabSize)
        .map((logit, id) => (written.includes(id) ? logit - this.config.decoding.presencePenalty : logit));
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

  verifyDraft(): Promise<VerifiedDraft> {
    throw new Error('only where a clean pass is causal');
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
