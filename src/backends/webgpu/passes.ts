import type { BufferSlice, Buffers } from '../../gpu/buffers';
import { readBack } from '../../gpu/readback';
import type { PassSettings } from '../../kernels/pass';
import { DRAWN_BYTES, type Drawn, readDrawn } from '../../kernels/sample';
import { checkPredictions } from '../check-predictions';
import { type DeviceNetwork, FEW_ROWS, KEPT_ROW, type TrunkPass } from './device-network';

/** A network pass whose rows the head predicts from. */
export interface PredictingPass extends TrunkPass {
  /** What the layers read; empty where the kept row alone is picked. */
  readonly ids: readonly number[];
  /** Rows of the pass, or KEPT_ROW. */
  readonly picks: readonly number[];
  /** Of the token that row 0 predicts. */
  readonly predictedPosition: number;
}

/** Submits whole passes of the network and reads back what they made: ids, or for scoring logits. */
export class Passes {
  readonly #device: GPUDevice;
  readonly #network: DeviceNetwork;
  /** What was drawn at every position of a block. */
  readonly #drawn: BufferSlice;
  /** FEW_ROWS rows of logits; there once scoring needs it, as generation never does. */
  #logits: BufferSlice | undefined;

  constructor(device: GPUDevice, buffers: Buffers, network: DeviceNetwork) {
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

  /** Submits the layers over the ids, for what they leave in the KV ring and in KEPT_ROW. */
  store(ids: readonly number[], settings: PassSettings): void {
    const keeps = this.#network.config.network.predicts === 'next';
    this.#submit(
      (pass) => this.#network.encodeTrunk(this.#device, pass, { ids, settings }),
      (encoder) => keeps && this.#network.encodeKeepRow(encoder, ids.length),
    );
  }

  /**
   * Layers over the ids, then head and sampler over the picked rows: one submission, and one more for
   * each FEW_ROWS picks after the first. Throws `bad-model` where the logits cannot be right.
   */
  async draw(work: PredictingPass): Promise<Drawn[]> {
    const { head, sampler, config } = this.#network;
    const { length } = work.picks;
    this.#submitParts(work, (pass, count, from) => {
      sampler.encode(pass, count);
      return { from: head.drawn, to: this.#drawn, offset: from * DRAWN_BYTES, bytes: count * DRAWN_BYTES };
    });
    const drawn = readDrawn(await readBack(this.#device, this.#drawn, length * DRAWN_BYTES), length);
    checkPredictions(drawn, config.vocabSize);
    return drawn;
  }

  /** Raw logits [picks, vocab], read back FEW_ROWS rows at a time. */
  async logits(work: PredictingPass): Promise<Float32Array> {
    const { head, config } = this.#network;
    const readback = this.#logits;
    if (!readback) throw new Error('there is nothing to read logits through');
    const rowBytes = config.vocabSize * Float32Array.BYTES_PER_ELEMENT;
    const logits = new Float32Array(work.picks.length * config.vocabSize);
    for (let from = 0; from < work.picks.length; from += FEW_ROWS) {
      const picks = work.picks.slice(from, from + FEW_ROWS);
      this.#submitPart({ ...work, picks }, from === 0, () => {
        return { from: head.logits, to: readback, offset: 0, bytes: picks.length * rowBytes };
      });
      const part = await readBack(this.#device, readback, picks.length * rowBytes);
      logits.set(new Float32Array(part), from * config.vocabSize);
    }
    return logits;
  }

  #submitParts(work: PredictingPass, end: (pass: GPUComputePassEncoder, count: number, from: number) => Copy): void {
    for (let from = 0; from < work.picks.length; from += FEW_ROWS) {
      const picks = work.picks.slice(from, from + FEW_ROWS);
      this.#submitPart({ ...work, picks }, from === 0, (pass) => end(pass, picks.length, from));
    }
  }

  /** Head over at most FEW_ROWS picks, in the first part after the layers. `end` encodes what follows it. */
  #submitPart(work: PredictingPass, isFirst: boolean, end: (pass: GPUComputePassEncoder) => Copy): void {
    const { ids, picks, settings, predictedPosition } = work;
    let copy: Copy;
    this.#submit(
      (pass) => {
        if (isFirst && ids.length > 0) this.#network.encodeTrunk(this.#device, pass, work);
        this.#network.encodeHead(this.#device, pass, picks, { ...settings, position: predictedPosition });
        copy = end(pass);
      },
      (encoder) => encoder.copyBufferToBuffer(copy.from.buffer, 0, copy.to.buffer, copy.offset, copy.bytes),
    );
  }

  /** One compute pass, then copies, in one submission. */
  #submit(encodePass: (pass: GPUComputePassEncoder) => void, encodeCopies: (encoder: GPUCommandEncoder) => void): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encodePass(pass);
    pass.end();
    encodeCopies(encoder);
    this.#device.queue.submit([encoder.finish()]);
  }
}

/** The pass that predicts from the kept row alone: `position` is of the token that it predicts. */
export function keptRowPass(settings: PassSettings): PredictingPass {
  const { position } = settings;
  return { ids: [], picks: [KEPT_ROW], settings: { ...settings, rows: 1 }, predictedPosition: position - KEPT_ROW };
}

interface Copy {
  readonly from: BufferSlice;
  readonly to: BufferSlice;
  /** In `to`, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}
