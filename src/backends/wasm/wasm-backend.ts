import { UnmaskError } from '../../errors';
import { ropeTable } from '../../kernels/rope';
import type { ModelConfig } from '../../model/format/model-config';
import type { ModelSource } from '../../model/source/model-source';
import { type GraphValues, type ModelSession, openModelSession } from '../../onnx/model-session';
import type { Backend, BlockStep, BlocksRequest, DenoiseStep, Prediction } from '../backend';
import { writeBlocksByVerbs } from '../block-loop';
import { checkPredictions } from '../check-predictions';
import { Sequence } from '../sequence';
import { allocateRings, type LayerRing, storeRows } from './kv-ring';
import { sample } from './sample';

/** Loads a model onto the CPU. Throws `bad-model`, `network`, `cancelled` or `out-of-memory`. */
export async function createWasmBackend(source: ModelSource, signal?: AbortSignal): Promise<WasmBackend> {
  const session = await openModelSession(source, signal);
  return new WasmBackend(session, source.config, () => session.release());
}

/** Added to a score, it leaves nothing of the key after the softmax; −∞ would make NaN of a row without keys. */
const HIDDEN = -1e30;

/** One sequence on the CPU: onnxruntime-web runs `model.onnx`, and the cache is kept here. See `Backend`. */
export class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly adapter: string;
  readonly config: ModelConfig;
  readonly #session: ModelSession;
  readonly #rings: readonly LayerRing[];
  readonly #sequence: Sequence;
  readonly #release: () => void;
  #disposed = false;

  /** `release` is called once, when it is disposed of. */
  constructor(session: ModelSession, config: ModelConfig, release: () => void) {
    this.adapter = session.threads === 1 ? 'CPU, 1 thread' : `CPU, ${session.threads} threads`;
    this.config = config;
    this.#session = session;
    this.#rings = allocateRings(config);
    this.#sequence = new Sequence(config);
    this.#release = release;
  }

  get kvBytesPerToken(): number {
    const { layers, hiddenSize } = this.config;
    return 2 * layers * hiddenSize * Float32Array.BYTES_PER_ELEMENT;
  }

  get position(): number {
    return this.#sequence.position;
  }

  begin(blockSize: number, ids?: readonly number[]): void {
    this.#checkAlive();
    this.#sequence.begin(blockSize, ids);
  }

  async prefill(ids: readonly number[]): Promise<void> {
    this.#checkAlive();
    this.#sequence.checkPrefill(ids);
    await this.#store(ids);
  }

  async denoiseStep(step: DenoiseStep): Promise<Prediction[]> {
    this.#checkAlive();
    this.#sequence.checkStep(step);
    const { ids, positions, sampling, pass } = step;
    if (positions.length === 0) return [];
    const logits = await this.#logitsOf(ids, positions);
    const { vocabSize, maskId } = this.config;
    const predictions = positions.map((position, index) => {
      const row = logits.subarray(index * vocabSize, (index + 1) * vocabSize);
      return { position, ...sample(row, sampling, { maskId, pass, position: this.position + position }) };
    });
    checkPredictions(predictions, vocabSize);
    return predictions;
  }

  async commitBlock(ids: readonly number[]): Promise<void> {
    this.#checkAlive();
    this.#sequence.checkBlock(ids);
    await this.#store(ids);
  }

  writeBlocks(request: BlocksRequest, signal: AbortSignal): AsyncGenerator<BlockStep, void> {
    this.#checkAlive();
    this.#sequence.checkRun(request);
    return writeBlocksByVerbs(this, request, signal);
  }

  async logits(ids: readonly number[]): Promise<Float32Array> {
    this.#checkAlive();
    this.#sequence.checkScored(ids);
    return this.#logitsOf(ids, [...ids.keys()]);
  }

  async fork(): Promise<WasmBackend> {
    this.#checkAlive();
    return new WasmBackend(this.#session, this.config, () => {});
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release();
  }

  /** Puts the rows' keys and values into the ring. */
  async #store(ids: readonly number[]): Promise<void> {
    const names = this.#rings.flatMap((_, layer) => [`keys.${layer}`, `values.${layer}`]);
    const stored = await this.#session.run(this.#inputs(ids, []), names);
    const { position, ring } = this.#sequence;
    const place = { position, ring, hiddenSize: this.config.hiddenSize };
    for (const [layer, { keys, values }] of this.#rings.entries()) {
      storeRows(keys, await floatsOf(stored, `keys.${layer}`), place);
      storeRows(values, await floatsOf(stored, `values.${layer}`), place);
    }
    this.#sequence.advance(ids);
  }

  /** Raw logits [picks.length, vocab]. */
  async #logitsOf(ids: readonly number[], picks: readonly number[]): Promise<Float32Array> {
    return floatsOf(await this.#session.run(this.#inputs(ids, picks), ['logits']), 'logits');
  }

  /** The inputs of `model.onnx` for a pass over the ids at the current position. */
  #inputs(ids: readonly number[], picks: readonly number[]): GraphValues {
    const { hiddenSize, heads, ropeBase } = this.config;
    const session = this.#session;
    const { position, ring } = this.#sequence;
    const slots = Math.min(position, ring);
    const half = hiddenSize / heads / 2;
    const turns = ropeTable(position, ids.length, hiddenSize / heads, ropeBase);
    const turn = (first: number) =>
      session.floats(
        turns.filter((_, i) => i % 2 === first),
        [ids.length, half],
      );
    const past = (numbers: Float32Array) =>
      session.floats(numbers.subarray(0, slots * hiddenSize), [1, slots, hiddenSize]);
    return {
      ids: session.integers(ids),
      picks: session.integers(picks),
      cos: turn(0),
      sin: turn(1),
      bias: session.floats(this.#bias(ids.length, slots), [1, 1, ids.length, slots + ids.length]),
      ...Object.fromEntries(
        this.#rings.flatMap(({ keys, values }, layer) => [
          [`past_keys.${layer}`, past(keys)],
          [`past_values.${layer}`, past(values)],
        ]),
      ),
    };
  }

  /**
   * [rows, slots + rows]: hides from every row the slots of the block that this one evicts, and the rows of
   * later blocks of the same pass.
   */
  #bias(rows: number, slots: number): Float32Array {
    const { position, ring, blockSize } = this.#sequence;
    const bias = new Float32Array(rows * (slots + rows));
    const evicted = position < ring ? slots : position % ring;
    for (let row = 0; row < rows; row++) {
      const from = row * (slots + rows);
      bias.fill(HIDDEN, from + evicted, from + Math.min(evicted + blockSize, slots));
      const seen = (Math.floor(row / blockSize) + 1) * blockSize;
      bias.fill(HIDDEN, from + slots + seen, from + slots + rows);
    }
    return bias;
  }

  #checkAlive(): void {
    if (this.#disposed) throw new UnmaskError('internal', 'This backend was already disposed of.');
  }
}

async function floatsOf(values: GraphValues, name: string): Promise<Float32Array> {
  const data = await values[name]!.getData();
  if (!(data instanceof Float32Array))
    throw new UnmaskError('bad-model', `${name} of model.onnx is not of f32 numbers.`);
  return data;
}
