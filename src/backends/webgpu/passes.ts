import type { BufferSlice, Buffers } from '../../gpu/buffers';
import { readBack } from '../../gpu/readback';
import type { PassSettings } from '../../kernels/pass';
import { DRAWN_BYTES, type Drawn, readDrawn } from '../../kernels/sample';
import { checkPredictions } from '../check-predictions';
import { FEW_ROWS, type Network } from './network';

/** Submits whole passes of the network and reads back what they made: ids, or for scoring logits. */
export class Passes {
  readonly #device: GPUDevice;
  readonly #network: Network;
  /** (id, probability, entropy) of every position of a block. */
  readonly #drawn: BufferSlice;
  /** FEW_ROWS rows of logits; there once scoring needs it, as generation never does. */
  #logits: BufferSlice | undefined;

  constructor(device: GPUDevice, buffers: Buffers, network: Network) {
    this.#device = device;
    this.#network = network;
    this.#drawn = buffers.readback('head.drawn.readback', network.config.contextLength * DRAWN_BYTES);
  }

  /** True until `takeLogits`. */
  get lacksLogits(): boolean {
    return this.#logits === undefined;
  }

  /** What logits are read through. */
  logitsReadback(buffers: Buffers): BufferSlice {
    return buffers.readback('head.logits.readback', this.#network.head.logits.size);
  }

  /** From now on logits can be asked for. */
  takeLogits(readback: BufferSlice): void {
    this.#logits = readback;
  }

  /** Submits the layers over the ids, for what they leave in the KV ring. */
  store(ids: readonly number[], settings: PassSettings): void {
    this.#submit((pass) => this.#network.encodeTrunk(this.#device, pass, ids, settings));
  }

  /**
   * Layers over the ids, then head and sampler over the picked rows: one submission, and one more for
   * each FEW_ROWS picks after the first. Throws `bad-model` where the logits cannot be right.
   */
  async draw(ids: readonly number[], picks: readonly number[], settings: PassSettings): Promise<Drawn[]> {
    for (let from = 0; from < picks.length; from += FEW_ROWS) {
      this.#submitDraw(from, ids, picks.slice(from, from + FEW_ROWS), settings);
    }
    const drawn = readDrawn(await readBack(this.#drawn, picks.length * DRAWN_BYTES), picks.length);
    checkPredictions(drawn, this.#network.config.vocabSize);
    return drawn;
  }

  /** Raw logits [ids.length, vocab], read back FEW_ROWS rows at a time. */
  async logits(ids: readonly number[], settings: PassSettings): Promise<Float32Array> {
    const { vocabSize } = this.#network.config;
    const logits = new Float32Array(ids.length * vocabSize);
    for (let from = 0; from < ids.length; from += FEW_ROWS) {
      const picks = Array.from({ length: Math.min(FEW_ROWS, ids.length - from) }, (_, row) => from + row);
      logits.set(await this.#logitsOf(from, ids, picks, settings), from * vocabSize);
    }
    return logits;
  }

  #submitDraw(from: number, ids: readonly number[], picks: readonly number[], settings: PassSettings): void {
    const { head, sampler } = this.#network;
    this.#submit(
      (pass) => {
        if (from === 0) this.#network.encodeTrunk(this.#device, pass, ids, settings);
        this.#network.encodeHead(this.#device, pass, picks, settings);
        sampler.encode(pass, picks.length);
      },
      { from: head.drawn, to: this.#drawn, offset: from * DRAWN_BYTES, bytes: picks.length * DRAWN_BYTES },
    );
  }

  async #logitsOf(from: number, ids: readonly number[], picks: readonly number[], settings: PassSettings) {
    const { head, config } = this.#network;
    if (!this.#logits) throw new Error('there is nothing to read logits through');
    const bytes = picks.length * config.vocabSize * Float32Array.BYTES_PER_ELEMENT;
    this.#submit(
      (pass) => {
        if (from === 0) this.#network.encodeTrunk(this.#device, pass, ids, settings);
        this.#network.encodeHead(this.#device, pass, picks, settings);
      },
      { from: head.logits, to: this.#logits, offset: 0, bytes },
    );
    return new Float32Array(await readBack(this.#logits, bytes));
  }

  /** One compute pass, then the copy to read back, in one submission. */
  #submit(encodePass: (pass: GPUComputePassEncoder) => void, copy?: Copy): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encodePass(pass);
    pass.end();
    if (copy) encoder.copyBufferToBuffer(copy.from.buffer, 0, copy.to.buffer, copy.offset, copy.bytes);
    this.#device.queue.submit([encoder.finish()]);
  }
}

interface Copy {
  readonly from: BufferSlice;
  readonly to: BufferSlice;
  /** In `to`, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}
