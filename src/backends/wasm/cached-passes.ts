import { UnmaskError } from '../../errors';
import type { ModelConfig } from '../../network/model-config';
import { hiddenSize } from '../../network/network';
import type { CpuCache } from '../../onnx/cpu-cache';
import type { CpuNetwork } from '../../onnx/cpu-network';
import { ropeTable } from './rope-table';
import { attentionBias, positionsOf, type RowsInRing, slotsOf } from './visibility';

/** Rows that a pass runs at once, if a block has no more: more gain nothing, and take memory for their scores. */
const ROWS_AT_ONCE = 64;

/**
 * `spoilt`: a pass gave something else than numbers, which may be in its slots; a slot that is hidden must hold numbers
 * all the same. `lost`: there was no room for it to grow.
 */
type CacheState = 'sound' | 'spoilt' | 'lost';

/** Passes over the rows of one sequence and its cache. */
export class CachedPasses {
  readonly #network: CpuNetwork;
  readonly #config: ModelConfig;
  readonly #cache: CpuCache;
  #state: CacheState = 'sound';

  constructor(network: CpuNetwork, config: ModelConfig) {
    this.#network = network;
    this.#config = config;
    this.#cache = network.newCache();
  }

  /** Before the head [ids.length, hidden]. Whole blocks go together, in parts where they are many. */
  async run(ids: readonly number[], place: Omit<RowsInRing, 'rows'>): Promise<Float32Array> {
    const width = hiddenSize(this.#config.network);
    const atOnce = Math.max(1, Math.floor(ROWS_AT_ONCE / place.blockSize)) * place.blockSize;
    if (ids.length <= atOnce) return this.#runPart(ids, place);
    const rows = new Float32Array(ids.length * width);
    for (let first = 0; first < ids.length; first += atOnce) {
      const part = ids.slice(first, first + atOnce);
      rows.set(await this.#runPart(part, { ...place, position: place.position + first }), first * width);
    }
    return rows;
  }

  /** Whether a new sequence can keep what is in the cache. */
  get isSound(): boolean {
    return this.#state === 'sound';
  }

  /** Empties the cache. */
  clear(): void {
    this.#cache.dispose();
    this.#state = 'sound';
  }

  dispose(): void {
    this.#cache.dispose();
    this.#state = 'lost';
  }

  async #runPart(ids: readonly number[], place: Omit<RowsInRing, 'rows'>): Promise<Float32Array> {
    const pass = { ...place, rows: ids.length };
    const cache = this.#cache;
    this.#reserve(Math.min(pass.ring, pass.position + pass.rows), pass.ring);
    const { cos, sin } = ropeTable(this.#config.network.layers[0]!.attention, positionsOf(pass));
    const bias = attentionBias(pass, cache.capacity);
    const rows = await this.#network.pass({ ids, cos, sin, slots: slotsOf(pass), bias }, cache);
    if (!rows.every(Number.isFinite)) this.#state = 'spoilt';
    return rows;
  }

  #reserve(slots: number, most: number): void {
    if (this.#state === 'lost')
      throw new UnmaskError(
        'out-of-memory',
        'There was no room in memory for this text. Begin it again with less context.',
      );
    try {
      this.#cache.reserve(slots, most);
    } catch (error) {
      this.#state = 'lost';
      throw error;
    }
  }
}
