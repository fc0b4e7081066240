import type { BufferSlice, Buffers } from '../../gpu/buffers';
import type { Kernel, Pipelines } from '../../gpu/kernel';
import { MOST_ROWS } from '../../kernels/denoise-run';
import type { CacheDtype } from '../../kernels/kv-cache';
import type { Lanes } from '../../kernels/lanes';
import { type PassSettings, packPass } from '../../kernels/pass';
import { ropeTable } from '../../kernels/rope';
import type { ModelConfig } from '../../model/format/model-config';
import { headKernels, samplerKernel } from './head';
import {
  type Activations,
  allocateActivations,
  allocateAttentionParts,
  allocateCache,
  allocateHead,
  allocateTurns,
  type HeadMemory,
  type LayerCache,
} from './memory';
import { fewRowsTrunk, manyRowsTrunk } from './trunk';
import type { NetworkWeights } from './weights';

/** Passes of up to this many rows take the kernels for few rows; the head takes this many rows at a time. */
export const FEW_ROWS = MOST_ROWS;

/** What a network is made of; see `Network`. */
export interface NetworkParts {
  readonly pipelines: Pipelines;
  /** Owns all that the network allocates. */
  readonly buffers: Buffers;
  readonly config: ModelConfig;
  readonly weights: NetworkWeights;
  readonly lanes: Lanes;
  readonly cacheDtype: CacheDtype;
}

/** The network bound to its buffers for one range of rows: layers, then the head over picked rows. */
export interface Lane {
  readonly activations: Activations;
  readonly trunk: readonly Kernel[];
  readonly head: readonly Kernel[];
}

/**
 * The network on a device. Encodes passes and uploads their inputs; knows nothing of positions or
 * blocks but what a pass says. One lane for few rows is there from the start, one for many rows is
 * made when first needed, as only long prompts and scoring do.
 */
export class Network {
  readonly config: ModelConfig;
  readonly head: HeadMemory;
  readonly sampler: Kernel;
  /** The lane for few rows. */
  readonly few: Lane;
  readonly #pipelines: Pipelines;
  readonly #buffers: Buffers;
  readonly #weights: NetworkWeights;
  readonly #cache: readonly LayerCache[];
  readonly #turns: BufferSlice;
  readonly #lanes: Lanes;
  readonly #cacheDtype: CacheDtype;
  #many: Lane | undefined;

  constructor({ pipelines, buffers, config, weights, lanes, cacheDtype }: NetworkParts) {
    this.config = config;
    this.#pipelines = pipelines;
    this.#buffers = buffers;
    this.#weights = weights;
    this.#lanes = lanes;
    this.#cacheDtype = cacheDtype;
    this.#cache = allocateCache(buffers, config, cacheDtype);
    this.#turns = allocateTurns(buffers, config);
    this.head = allocateHead(buffers, config, FEW_ROWS);
    this.sampler = samplerKernel(pipelines, config, this.head, lanes);
    const activations = allocateActivations(buffers, 'few', config, FEW_ROWS);
    const parts = allocateAttentionParts(buffers, config, FEW_ROWS);
    this.few = this.#lane(activations, fewRowsTrunk(this.#inputs(activations), parts));
  }

  /** True if `rows` rows need the many-rows lane and it is not there yet. */
  lacks(rows: number): boolean {
    return rows > FEW_ROWS && this.#many === undefined;
  }

  /** A many-rows lane on buffers of its own, for as many rows as the context is long. */
  manyRowsLane(buffers: Buffers): Lane {
    const activations = allocateActivations(buffers, 'many', this.config, this.config.contextLength);
    return this.#lane(activations, manyRowsTrunk(this.#inputs(activations)));
  }

  /** From now on passes of many rows can be encoded. */
  takeManyRowsLane(lane: Lane): void {
    this.#many = lane;
  }

  /** Uploads ids [rows] and encodes embedding and layers: K and V of the rows are in the ring afterwards. */
  encodeTrunk(device: GPUDevice, pass: GPUComputePassEncoder, ids: readonly number[], settings: PassSettings): void {
    const { activations, trunk } = this.#laneFor(settings.rows);
    const write = (slice: BufferSlice, data: BufferSource) => device.queue.writeBuffer(slice.buffer, 0, data);
    write(activations.pass, packPass(settings));
    write(activations.ids, Uint32Array.from(ids));
    this.writeTurns(device, settings);
    for (const kernel of trunk) kernel.encode(pass, settings.rows);
  }

  /** Encodes the head over at most FEW_ROWS picked rows of the trunk's last pass: fills `head.logits`. */
  encodeHead(device: GPUDevice, pass: GPUComputePassEncoder, picks: readonly number[], settings: PassSettings): void {
    const { head } = this.#laneFor(settings.rows);
    device.queue.writeBuffer(this.head.pass.buffer, 0, packPass({ ...settings, rows: picks.length }));
    device.queue.writeBuffer(this.head.picks.buffer, 0, Uint32Array.from(picks));
    for (const kernel of head) kernel.encode(pass, picks.length);
  }

  /** Uploads the turns of rows from a position on to their slots; at most a ring full. */
  writeTurns(device: GPUDevice, { position, rows, ring }: Pick<PassSettings, 'position' | 'rows' | 'ring'>): void {
    const { hiddenSize, heads, ropeBase } = this.config;
    const headSize = hiddenSize / heads;
    for (let row = 0; row < rows; ) {
      const slot = (position + row) % ring;
      const together = Math.min(rows - row, ring - slot);
      const turns = ropeTable(position + row, together, headSize, ropeBase);
      device.queue.writeBuffer(this.#turns.buffer, slot * headSize * Float32Array.BYTES_PER_ELEMENT, turns);
      row += together;
    }
  }

  #laneFor(rows: number): Lane {
    if (rows <= FEW_ROWS) return this.few;
    if (!this.#many) throw new Error('the many-rows lane was not made');
    return this.#many;
  }

  #inputs(activations: Activations) {
    return {
      pipelines: this.#pipelines,
      buffers: this.#buffers,
      config: this.config,
      weights: this.#weights,
      cache: this.#cache,
      turns: this.#turns,
      activations,
      lanes: this.#lanes,
      cacheDtype: this.#cacheDtype,
    };
  }

  #lane(activations: Activations, trunk: readonly Kernel[]): Lane {
    const head = headKernels(this.#pipelines, this.config, this.#weights, this.head, activations.x, this.#lanes);
    return { activations, trunk, head };
  }
}
