import { UnmaskError } from '../../errors';
import type { ModelSource } from '../../model/source/model-source';
import { readWeights } from '../../model/source/read-weights';
import type { WeightsFile } from '../../model/source/stored-part';
import type { ModelConfig } from '../../network/model-config';
import { cacheNumbersPerToken, hiddenSize } from '../../network/network';
import { type CpuDtypes, cpuDtypes } from '../../onnx/cpu-dtypes';
import type { CpuNetwork } from '../../onnx/cpu-network';
import { cpuRuntime } from '../../onnx/cpu-runtime';
import { openCpuNetwork } from '../../onnx/open-cpu-network';
import {
  type Backend,
  type BlockStep,
  type BlocksRequest,
  type DenoiseStep,
  type DraftStep,
  type Draw,
  isBlockwise,
  LIKELIEST,
  type UnplacedDraw,
  type VerifiedDraft,
} from '../backend';
import { writeBlocksByVerbs, writeBlockwise } from '../block-loop';
import { checkPredictions } from '../check-predictions';
import { DraftTree } from '../draft-tree';
import { penalised } from '../presence';
import { sample } from '../sample';
import { Sequence } from '../sequence';
import { CachedPasses } from './cached-passes';
import { CarriedCommits, type CarryingBackend } from './carried-commits';

/** Has the runtime fetched and started before a model is there. Throws `network` or `out-of-memory`. */
export async function startWasm(): Promise<void> {
  await cpuRuntime();
}

/** Loads a model onto the CPU. Throws `bad-model`, `network`, `cancelled` or `out-of-memory`. */
export function createWasmBackend(source: ModelSource, signal?: AbortSignal): Promise<WasmBackend> {
  const dtypes = cpuDtypes(source.config.network, source.packing);
  return openWasmBackend(source.config, readWeights(source, signal), dtypes, signal);
}

/** The same from the files of a model's weights. */
export async function openWasmBackend(
  config: ModelConfig,
  files: AsyncIterable<WeightsFile>,
  dtypes: CpuDtypes,
  signal?: AbortSignal,
): Promise<WasmBackend> {
  const network = await openCpuNetwork(config.network, files, dtypes, signal);
  return new WasmBackend(network, config, () => network.release());
}

/** One sequence on the CPU: onnxruntime-web runs the layers. See `Backend`. */
export class WasmBackend implements Backend, CarryingBackend {
  readonly name = 'wasm';
  readonly adapter: string;
  readonly config: ModelConfig;
  readonly #network: CpuNetwork;
  readonly #passes: CachedPasses;
  #sequence: Sequence;
  readonly #release: () => void;
  /**
   * Where rows predict the next token: the last row [hidden] of the last clean pass, which predicts the token at
   * `position`.
   */
  #lastRow: Float32Array | null = null;
  #disposed = false;

  /** `release` is called once, when it is disposed of. */
  constructor(network: CpuNetwork, config: ModelConfig, release: () => void) {
    this.adapter = network.threads === 1 ? 'CPU, 1 thread' : `CPU, ${network.threads} threads`;
    this.config = config;
    this.#network = network;
    this.#passes = new CachedPasses(network, config);
    this.#sequence = new Sequence(config);
    this.#release = release;
  }

  get kvBytesPerToken(): number {
    return cacheNumbersPerToken(this.config.network) * Float32Array.BYTES_PER_ELEMENT;
  }

  get position(): number {
    return this.#sequence.position;
  }

  begin(blockSize: number, ids?: readonly number[], writtenFrom?: number): void {
    this.#checkAlive();
    if (!this.#passes.isSound) {
      this.#passes.clear();
      this.#sequence = new Sequence(this.config);
    }
    this.#sequence.begin(blockSize, ids, writtenFrom);
    this.#lastRow = null;
  }

  async prefill(ids: readonly number[]): Promise<void> {
    this.#checkAlive();
    this.#sequence.checkPrefill(ids);
    await this.#store(ids);
  }

  async denoiseStep(step: DenoiseStep): Promise<Draw[]> {
    this.#checkAlive();
    this.#sequence.checkStep(step);
    if (step.positions.length === 0) return [];
    return this.#draw(await this.#rowsFor(step.ids, step.positions), step);
  }

  async commitBlock(ids: readonly number[]): Promise<void> {
    this.#checkAlive();
    this.#sequence.checkBlock(ids);
    await this.#store(ids);
  }

  async verifyDraft(step: DraftStep): Promise<VerifiedDraft> {
    this.#checkAlive();
    this.#sequence.checkDraft(step);
    const { ids, settled, seconds, masks, sampling, pass } = step;
    const { maskId } = this.config;
    const width = hiddenSize(this.config.network);
    const drawAfter = (logits: Float32Array, text: readonly number[]) => {
      const { length } = text;
      const place = { maskId, pass: pass + length - settled, position: this.position + length };
      return sample(this.#penaltyAfter(text)(logits), sampling, place);
    };
    const chain = new DraftTree({ ids, settled, seconds: [], masks: 0 }, maskId);
    const rows = await this.#runTree(chain, 0);
    // The last settled row predicts the first place of the draft.
    const drawn = await this.#predict(rows.subarray((settled - 1) * width), (logits, row) =>
      drawAfter(logits, ids.slice(0, settled + row)),
    );
    const verdict = chain.verdict(drawn);
    const draws = [...verdict.draws];
    const stored = ids.slice(0, verdict.stored);
    // On a CPU the time of a pass grows with its rows. So what would ride along has a pass of its own, after the verdict: a
    // second candidate where it was drawn, and the one draft that is asked for.
    const drawnLast = draws.at(-1)!.id;
    const isSecond = drawnLast === seconds[stored.length - settled];
    if (isSecond) stored.push(drawnLast);
    let draft: UnplacedDraw[] = [];
    if (isSecond || masks > 0) {
      const place = stored.length - 1;
      const last = new DraftTree({ ids: stored.slice(place), settled: 1, seconds: [], masks }, maskId);
      const more = await this.#runTree(last, place);
      const lowered = this.#penaltyAfter(stored);
      draft = await this.#predict(isSecond ? more : more.subarray(width), (logits, row) =>
        isSecond && row === 0
          ? drawAfter(logits, stored)
          : sample(lowered(logits), LIKELIEST, { maskId, pass: 0, position: this.position }),
      );
      if (isSecond) draws.push({ ...draft.shift()!, position: place + 1 });
    }
    this.#sequence.advance(stored);
    // It was the row of the last clean pass that was kept whole.
    this.#lastRow = null;
    return { draws, stored, draft };
  }

  writeBlocks(request: BlocksRequest, signal: AbortSignal): AsyncGenerator<BlockStep, void> {
    this.#checkAlive();
    this.#sequence.checkRun(request);
    const { predicts, cleanAttention } = this.config.network;
    const carries = predicts === 'own' && cleanAttention === 'block';
    return carries && isBlockwise(request)
      ? writeBlockwise(new CarriedCommits(this), request, signal)
      : writeBlocksByVerbs(this, request, signal);
  }

  get hasRoomForTwo(): boolean {
    const { position, ring, blockSize } = this.#sequence;
    return position + 2 * blockSize <= ring;
  }

  /** `commitBlock(finished)`, then `denoiseStep(step)`, in one pass; for networks whose clean blocks see themselves. */
  async commitAndDenoise(finished: readonly number[], step: DenoiseStep): Promise<Draw[]> {
    this.#checkAlive();
    this.#sequence.checkBlock(finished);
    this.#sequence.checkStep(step);
    const { blockSize } = this.#sequence;
    const rows = await this.#passes.run([...finished, ...step.ids], { ...this.#place, within: 'block' });
    this.#sequence.advance(finished);
    this.#sequence.reach(blockSize);
    const width = hiddenSize(this.config.network);
    const picked = step.positions.map((row) => rows.subarray((blockSize + row) * width, (blockSize + row + 1) * width));
    return this.#draw(joined(picked), step);
  }

  async logits(ids: readonly number[]): Promise<Float32Array> {
    this.#checkAlive();
    this.#sequence.checkScored(ids);
    const { vocabSize, network } = this.config;
    const { blockSize, position } = this.#sequence;
    const within = ids.length > blockSize ? network.cleanAttention : 'block';
    const run = () => this.#passes.run(ids, { ...this.#place, within });
    if (network.predicts === 'own') return this.#network.logits(await run());
    // Row r of the answer comes from row r − 1, the first from the clean pass before.
    const logits = new Float32Array(ids.length * vocabSize);
    if (this.#lastRow && position > 0) logits.set(await this.#network.logits(this.#lastRow));
    else logits.fill(Number.NaN, 0, vocabSize);
    if (ids.length === 1) return logits;
    const rows = (await run()).subarray(0, -hiddenSize(network));
    logits.set(await this.#network.logits(rows), vocabSize);
    return logits;
  }

  async fork(): Promise<WasmBackend> {
    this.#checkAlive();
    return new WasmBackend(this.#network, this.config, () => {});
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#passes.dispose();
    this.#release();
  }

  /** Where a pass begins. */
  get #place() {
    const { position, ring, blockSize } = this.#sequence;
    return { position, ring, blockSize };
  }

  /** A clean pass: puts the rows' keys and values into the cache. */
  async #store(ids: readonly number[]): Promise<void> {
    const { cleanAttention, predicts } = this.config.network;
    const rows = await this.#passes.run(ids, { ...this.#place, within: cleanAttention });
    this.#sequence.advance(ids);
    if (predicts === 'next') this.#lastRow = rows.slice(-hiddenSize(this.config.network));
  }

  /** The rows [tree.rows.length, hidden] of a tree whose first row is at `place` beyond the cache. */
  #runTree({ rows }: DraftTree, place: number): Promise<Float32Array> {
    const ids = rows.map(({ id }) => id);
    return this.#passes.run(ids, { ...this.#place, position: this.position + place, within: rows });
  }

  /** The rows [positions.length, hidden] that predict these positions of a noised block. */
  async #rowsFor(ids: readonly number[], positions: readonly number[]): Promise<Float32Array> {
    const { predicts } = this.config.network;
    const width = hiddenSize(this.config.network);
    const shift = predicts === 'next' ? 1 : 0;
    const needsPass = positions.some((each) => each >= shift);
    const rows = needsPass ? await this.#passes.run(ids, { ...this.#place, within: 'block' }) : null;
    const picked = positions.map((each) => {
      const row = each - shift;
      return row < 0 ? this.#lastRowOrThrow() : rows!.subarray(row * width, (row + 1) * width);
    });
    return joined(picked);
  }

  /** A draw for each position of a step from its row [hidden]. */
  async #draw(rows: Float32Array, { ids, positions, sampling, pass }: DenoiseStep): Promise<Draw[]> {
    const { maskId } = this.config;
    const lowered = this.#penaltyAfter(ids);
    const drawn = await this.#predict(rows, (logits, index) =>
      sample(lowered(logits), sampling, { maskId, pass, position: this.position + positions[index]! }),
    );
    return drawn.map((draw, index) => ({ position: positions[index]!, ...draw }));
  }

  /** What `draw` makes of the logits of each row [hidden]. */
  async #predict(
    rows: Float32Array,
    draw: (logits: Float32Array, row: number) => UnplacedDraw,
  ): Promise<UnplacedDraw[]> {
    const { vocabSize, network } = this.config;
    const logits = await this.#network.logits(rows);
    const drawn = Array.from({ length: rows.length / hiddenSize(network) }, (_, row) =>
      draw(logits.subarray(row * vocabSize, (row + 1) * vocabSize), row),
    );
    checkPredictions(drawn, vocabSize);
    return drawn;
  }

  /** Takes the presence penalty off logits [vocab] of rows, where these ids follow the committed ones. */
  #penaltyAfter(next: readonly number[]): (logits: Float32Array) => Float32Array {
    const { presencePenalty } = this.config.decoding;
    if (presencePenalty === 0) return (logits) => logits;
    const written = this.#sequence.written(next);
    return (logits) => penalised(logits, written, presencePenalty);
  }

  #lastRowOrThrow(): Float32Array {
    if (this.#lastRow) return this.#lastRow;
    throw new UnmaskError('bad-input', 'This model predicts the next token, so it needs a clean pass to begin with.');
  }

  #checkAlive(): void {
    if (this.#disposed) throw new UnmaskError('internal', 'This backend was already disposed of.');
  }
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]!.length;
  const all = new Float32Array(rows.length * width);
  for (const [index, row] of rows.entries()) all.set(row, index * width);
  return all;
}
