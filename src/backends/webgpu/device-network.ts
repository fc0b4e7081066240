import type { BufferSlice, Buffers } from '../../gpu/buffers';
import { Constants } from '../../gpu/constants';
import type { Kernel, Pipelines } from '../../gpu/kernel';
import { MOST_ROWS } from '../../kernels/denoise-run';
import type { CacheDtype } from '../../kernels/kv-cache';
import type { Lanes } from '../../kernels/lanes';
import { type PassSettings, packPass } from '../../kernels/pass';
import { ropeTable } from '../../kernels/rope';
import type { ModelConfig } from '../../network/model-config';
import { headKernels, samplerKernel } from './head';
import {
  type Activations,
  allocateActivations,
  allocateAttentionParts,
  allocateCache,
  allocateHead,
  allocateKeptRow,
  allocateRopeTable,
  type HeadMemory,
  type LayerCache,
  ropeOf,
} from './memory';
import { fewRowsTrunk, manyRowsTrunk, type TrunkInputs } from './trunk';
import type { NetworkWeights } from './weights';

/** Passes of up to this many rows take the kernels for few rows; the head takes this many rows at a time. */
export const FEW_ROWS = MOST_ROWS;

/** Enough to keep a GPU busy with a long prompt; more would take memory, and no block needs them. */
const MANY_ROWS = 512;

/** Of `x` in the kernels for few rows: the last row of the clean pass before, for the head to predict from. */
export const KEPT_ROW = FEW_ROWS;

/** What a network on a device is made of; see `DeviceNetwork`. */
export interface NetworkParts {
  readonly pipelines: Pipelines;
  /** Owns all that the network allocates. */
  readonly buffers: Buffers;
  readonly config: ModelConfig;
  readonly weights: NetworkWeights;
  readonly lanes: Lanes;
  readonly cacheDtype: CacheDtype;
}

/** What the layers compute. */
export interface TrunkPass {
  readonly ids: readonly number[];
  /** How far each row is behind `settings.position`, where that is not its number. */
  readonly places?: readonly number[] | undefined;
  readonly settings: PassSettings;
}

/** Where rows of a pass are in the text, `places` as in `TrunkPass`, and how many slots the ring has. */
type RowPlaces = Pick<PassSettings, 'position' | 'rows' | 'ring'> & Pick<TrunkPass, 'places'>;

/** The network bound to its buffers for few rows or for many: layers, then the head over picked rows. */
export interface RowRange {
  readonly activations: Activations;
  readonly trunk: readonly Kernel[];
  readonly head: readonly Kernel[];
}

/**
 * The network on a device. Encodes passes and uploads their inputs; knows nothing of positions or
 * blocks but what a pass says. The kernels for few rows are there from the start, those for many are
 * made when first needed, as only long prompts and scoring need them.
 */
export class DeviceNetwork {
  readonly config: ModelConfig;
  readonly head: HeadMemory;
  readonly sampler: Kernel;
  readonly few: RowRange;
  readonly #pipelines: Pipelines;
  readonly #constants: Constants;
  readonly #weights: NetworkWeights;
  readonly #cache: readonly LayerCache[];
  readonly #ropeTable: BufferSlice;
  readonly #keptRow: BufferSlice;
  readonly #lanes: Lanes;
  readonly #cacheDtype: CacheDtype;
  #many: RowRange | undefined;

  constructor({ pipelines, buffers, config, weights, lanes, cacheDtype }: NetworkParts) {
    this.config = config;
    this.#pipelines = pipelines;
    this.#constants = new Constants(pipelines.device, buffers);
    this.#weights = weights;
    this.#lanes = lanes;
    this.#cacheDtype = cacheDtype;
    this.#cache = allocateCache(buffers, config, cacheDtype);
    this.#ropeTable = allocateRopeTable(buffers, config);
    this.#keptRow = allocateKeptRow(buffers, config.network);
    this.head = allocateHead(buffers, config, FEW_ROWS);
    const activations = allocateActivations(buffers, 'few', config.network, FEW_ROWS);
    this.sampler = samplerKernel(pipelines, config, this.head, activations.ids, lanes);
    const parts = allocateAttentionParts(buffers, config, FEW_ROWS, lanes);
    const inputs = this.#inputs(activations, this.#constants);
    this.few = this.#rowRange(inputs, fewRowsTrunk(inputs, parts));
  }

  /** True if `rows` rows need the kernels for many and these are not there yet. */
  lacks(rows: number): boolean {
    return rows > FEW_ROWS && !(this.#many && this.#many.activations.capacity >= rows);
  }

  /** The most rows of a pass, unless a single block has more: longer prompts take several. */
  get mostRows(): number {
    const { contextLength, blockSizes } = this.config;
    return Math.min(contextLength, Math.max(MANY_ROWS, ...blockSizes));
  }

  /** The kernels for many rows, at least `rows`, on buffers of their own. */
  manyRows(buffers: Buffers, rows: number): RowRange {
    const activations = allocateActivations(buffers, 'many', this.config.network, Math.max(this.mostRows, rows));
    const inputs = this.#inputs(activations, new Constants(this.#pipelines.device, buffers));
    return this.#rowRange(inputs, manyRowsTrunk(inputs));
  }

  /**
   * Names the pipelines of the kernels for many rows, for `Pipelines.compile`, before there is memory for what flows
   * through them: these kernels are bound to that for few, and nobody encodes them.
   */
  bindManyRows(): void {
    const inputs = this.#inputs(this.few.activations, this.#constants);
    this.#rowRange(inputs, manyRowsTrunk(inputs));
  }

  /** From now on passes of many rows can be encoded. */
  takeManyRows(rows: RowRange): void {
    this.#many = rows;
  }

  /** Uploads ids [rows] and encodes embedding and layers: K and V of the rows are in the ring afterwards. */
  encodeTrunk(device: GPUDevice, pass: GPUComputePassEncoder, { ids, places, settings }: TrunkPass): void {
    const { activations, trunk } = this.#rangeFor(settings.rows);
    const write = (slice: BufferSlice, data: BufferSource) => device.queue.writeBuffer(slice.buffer, 0, data);
    write(activations.pass, packPass(settings));
    write(activations.ids, Uint32Array.from(ids));
    this.writeRopeTable(device, { ...settings, places });
    for (const kernel of trunk) kernel.encode(pass, settings.rows);
  }

  /**
   * Encodes the head over at most FEW_ROWS picked rows of the trunk's last pass, which had `rows` rows: fills
   * `head.logits`. Row r predicts the token at `settings.position` + r.
   */
  encodeHead(device: GPUDevice, pass: GPUComputePassEncoder, picks: readonly number[], settings: PassSettings): void {
    const { head } = this.#rangeFor(settings.rows);
    device.queue.writeBuffer(this.head.pass.buffer, 0, packPass({ ...settings, rows: picks.length }));
    device.queue.writeBuffer(this.head.picks.buffer, 0, Uint32Array.from(picks));
    for (const kernel of head) kernel.encode(pass, picks.length);
  }

  /** Encodes a copy of the last row of the trunk's last pass, of `rows` rows, to row KEPT_ROW. */
  encodeKeepRow(encoder: GPUCommandEncoder, rows: number): void {
    const { size } = this.#keptRow;
    const { x } = this.#rangeFor(rows).activations;
    // By way of another buffer: WebGPU copies from none to itself.
    encoder.copyBufferToBuffer(x.buffer, (rows - 1) * size, this.#keptRow.buffer, 0, size);
    encoder.copyBufferToBuffer(this.#keptRow.buffer, 0, this.few.activations.x.buffer, KEPT_ROW * size, size);
  }

  /** Uploads RoPE of the rows of a pass to their slots; at most a ring full. */
  writeRopeTable(device: GPUDevice, { position, rows, ring, places }: RowPlaces): void {
    const { headSize, ropeBase } = ropeOf(this.config.network);
    const positions = Array.from({ length: rows }, (_, row) => position + (places?.[row] ?? row));
    for (let row = 0; row < rows; ) {
      const slot = (position + row) % ring;
      const together = Math.min(rows - row, ring - slot);
      const table = ropeTable(positions.slice(row, row + together), headSize, ropeBase);
      device.queue.writeBuffer(this.#ropeTable.buffer, slot * headSize * Float32Array.BYTES_PER_ELEMENT, table);
      row += together;
    }
  }

  #rangeFor(rows: number): RowRange {
    if (rows <= FEW_ROWS) return this.few;
    if (!this.#many) throw new Error('the kernels for many rows were not made');
    return this.#many;
  }

  #inputs(activations: Activations, constants: Constants): TrunkInputs {
    return {
      pipelines: this.#pipelines,
      constants,
      config: this.config,
      weights: this.#weights,
      cache: this.#cache,
      ropeTable: this.#ropeTable,
      activations,
      lanes: this.#lanes,
      cacheDtype: this.#cacheDtype,
    };
  }

  #rowRange({ activations, constants }: TrunkInputs, trunk: readonly Kernel[]): RowRange {
    const head = headKernels(
      this.#pipelines,
      constants,
      this.config,
      this.#weights,
      this.head,
      activations.x,
      this.#lanes,
    );
    return { activations, trunk, head };
  }
}
