import { UnmaskError } from '../../errors';
import { Buffers } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import { type CompileProgress, Pipelines } from '../../gpu/kernel';
import { workDone } from '../../gpu/work-done';
import { MAX_HEAD_SIZE } from '../../kernels/block-attention';
import { MOST_STOP_IDS } from '../../kernels/denoise-run';
import type { CacheDtype } from '../../kernels/kv-cache';
import type { Lanes } from '../../kernels/lanes';
import type { PassSettings } from '../../kernels/pass';
import type { ModelSource } from '../../model/source/model-source';
import type { ModelConfig } from '../../network/model-config';
import { loadGpuWeights } from '../../onnx/gpu-weights';
import {
  type Backend,
  type BlockStep,
  type BlocksRequest,
  type BlockwiseRequest,
  type DenoiseStep,
  type DraftStep,
  type Draw,
  isBlockwise,
  type VerifiedDraft,
} from '../backend';
import { writeBlocksByVerbs } from '../block-loop';
import { DraftTree, likeliestOf } from '../draft-tree';
import { packWritten } from '../presence';
import { Sequence } from '../sequence';
import { DenoiseLoop } from './denoise-loop';
import { DeviceGuard } from './device-guard';
import { DeviceNetwork, FEW_ROWS } from './device-network';
import { cacheBytesPerToken } from './memory';
import { type MemoryNeeded, withAdvice } from './memory-advice';
import { keptRowPass, Passes, type PredictingPass } from './passes';
import { type RunPlan, RunReplay } from './run-replay';
import { BlockSize, blocksReached, FrameSize, fewestPasses, mostUnderWay } from './submit-size';
import { type NetworkWeights, networkWeights } from './weights';
import { writeBlocks } from './write-blocks';

/** What a submission of the denoise loop holds: as much as fits into a display frame, or a block. */
export type SubmissionOf = 'frame' | 'block';

/** How a model is loaded onto a GPU. */
export interface WebgpuOptions {
  readonly signal?: AbortSignal | undefined;
  /** A frame's work where people watch, a block's for measurements. */
  readonly submissionOf?: SubmissionOf;
  /** Told of the pipelines that a block needs; the load waits for them once the weights are there. */
  readonly onCompiled?: CompileProgress | undefined;
}

/**
 * Loads a model onto a GPU. The device stays the caller's. The pipelines for long prompts are compiled after the load.
 * Throws `bad-model`, `network`, `cancelled`, `out-of-memory` or `device-lost`; nothing stays allocated then.
 */
export async function createWebgpuBackend(
  source: ModelSource,
  gpu: Gpu,
  { signal, submissionOf = 'frame', onCompiled }: WebgpuOptions = {},
): Promise<WebgpuBackend> {
  checkHeads(source.config);
  const { config, packing } = source;
  const needed = { config, packing, cacheDtype: cacheDtypeOf(gpu) };
  const guard = new DeviceGuard(gpu.device);
  const buffers = new Buffers(gpu.device);
  try {
    const backend = await guard.create(async () => {
      const stored = await loadGpuWeights(source, gpu.device, buffers, signal);
      const lanes = lanesOf(gpu);
      const weights = networkWeights(stored, config.network, { device: gpu.device, buffers, lanes });
      const backend = new WebgpuBackend({ ...needed, gpu, weights, lanes, submissionOf }, guard, buffers);
      await pipelinesOf(gpu.device).compile(onCompiled);
      return backend;
    });
    signal?.throwIfAborted();
    // A software adapter would take from the first text what compiling takes, and long prompts are its smallest trouble.
    if (!gpu.software) backend.compileManyRows();
    return backend;
  } catch (error) {
    guard.dispose();
    buffers.dispose();
    throw withAdvice(error, needed);
  }
}

/**
 * f16 halves what a pass reads of a long cache, which is what it waits for on a GPU. Software adapters wait for
 * arithmetic, and unpacking is more of it.
 */
function cacheDtypeOf({ software }: Gpu): CacheDtype {
  return software ? 'f32' : 'f16';
}

/** One invocation on its own is several times as fast on a software adapter, and several times as slow on a GPU. */
function lanesOf({ software }: Gpu): Lanes {
  return software ? 1 : 8;
}

/** What the sequences over one model share. */
interface GpuModel extends MemoryNeeded {
  readonly gpu: Gpu;
  readonly weights: NetworkWeights;
  readonly lanes: Lanes;
  readonly submissionOf: SubmissionOf;
}

function checkHeads({ network }: ModelConfig): void {
  const size = Math.max(...network.layers.map(({ attention }) => attention.headSize));
  if (size <= MAX_HEAD_SIZE) return;
  throw new UnmaskError(
    'bad-model',
    `This model's heads have ${size} features, and the webgpu backend takes up to ${MAX_HEAD_SIZE}. ` +
      'Choose the wasm backend.',
  );
}

/** Compiled shaders outlive a model: the next one on the same device takes them over. */
const compiled = new WeakMap<GPUDevice, Pipelines>();
function pipelinesOf(device: GPUDevice): Pipelines {
  const pipelines = compiled.get(device) ?? new Pipelines(device);
  compiled.set(device, pipelines);
  return pipelines;
}

/** The settings of a pass that draws nothing. */
const PLAIN = { seed: 0, passNumber: 0, temperature: 0, topP: 1, seen: [] };

/**
 * One sequence on a GPU; see `Backend`. A run of blocks stays on the GPU, which decides what is revealed; the
 * verbs alone are one submission each. Only drawn ids come back.
 */
export class WebgpuBackend implements Backend {
  readonly name = 'webgpu';
  readonly adapter: string;
  readonly config: ModelConfig;
  readonly #model: GpuModel;
  readonly #device: GPUDevice;
  readonly #guard: DeviceGuard;
  readonly #buffers: Buffers;
  readonly #network: DeviceNetwork;
  readonly #passes: Passes;
  readonly #loop: DenoiseLoop;
  readonly #frameSize = new FrameSize();
  readonly #sequence: Sequence;
  #disposed = false;

  /** Allocates what a sequence needs; guard and buffers, which may hold the weights, become its own. */
  constructor(model: GpuModel, guard: DeviceGuard, buffers: Buffers) {
    const { gpu, config } = model;
    const pipelines = pipelinesOf(gpu.device);
    this.adapter = gpu.adapter;
    this.config = config;
    this.#model = model;
    this.#device = gpu.device;
    this.#guard = guard;
    this.#buffers = buffers;
    this.#network = new DeviceNetwork({ ...model, pipelines, buffers });
    this.#sequence = new Sequence(config);
    this.#passes = new Passes(gpu.device, buffers, this.#network);
    this.#loop = new DenoiseLoop(pipelines, buffers, this.#network);
  }

  /** Begins to compile the kernels for many rows, before a prompt needs them. */
  compileManyRows(): void {
    this.#network.bindManyRows();
    // The first pass that takes them reports an error.
    pipelinesOf(this.#device)
      .compile()
      .catch(() => {});
  }

  get position(): number {
    return this.#sequence.position;
  }

  get kvBytesPerToken(): number {
    return cacheBytesPerToken(this.config, this.#model.cacheDtype);
  }

  /** Position p of a block is predicted by row p − shift of a pass over it. */
  get #shift(): 0 | 1 {
    return this.config.network.predicts === 'next' ? 1 : 0;
  }

  /** GPU buffers not yet freed. */
  get liveBuffers(): number {
    return this.#buffers.count;
  }

  begin(blockSize: number, ids?: readonly number[], writtenFrom?: number): void {
    this.#checkAlive();
    this.#sequence.begin(blockSize, ids, writtenFrom);
  }

  async prefill(ids: readonly number[]): Promise<void> {
    this.#checkAlive();
    this.#sequence.checkPrefill(ids);
    for (const piece of this.#pieces(ids)) {
      await this.#reserve(piece.length);
      await this.#guard.run(() => {
        this.#passes.store(piece, this.#cleanSettings(piece.length));
        return workDone(this.#device);
      });
      this.#sequence.advance(piece);
    }
  }

  async denoiseStep(step: DenoiseStep): Promise<Draw[]> {
    this.#checkAlive();
    this.#sequence.checkStep(step);
    const { ids, positions, sampling, pass } = step;
    if (positions.length === 0) return [];
    await this.#reserve(ids.length);
    const settings = { ...this.#settings(ids.length), ...sampling, passNumber: pass };
    this.#tellWritten(ids);
    const predictions = new Map<number, Draw>();
    const draw = async (work: PredictingPass, offsets: readonly number[]) => {
      const drawn = await this.#guard.run(() => this.#passes.draw(work));
      for (const [index, position] of offsets.entries()) predictions.set(position, { position, ...drawn[index]! });
    };
    const shift = this.#shift;
    const fromRows = positions.filter((position) => position >= shift);
    if (fromRows.length < positions.length) await draw(keptRowPass(settings), [0]);
    if (fromRows.length > 0) {
      const picks = fromRows.map((position) => position - shift);
      await draw({ ids, picks, settings, predictedPosition: this.position + shift }, fromRows);
    }
    return positions.map((position) => predictions.get(position)!);
  }

  async commitBlock(ids: readonly number[]): Promise<void> {
    this.#checkAlive();
    this.#sequence.checkBlock(ids);
    // Not awaited on the GPU: the next pass is encoded meanwhile, and its readback tells of a failure.
    await this.#reserve(ids.length);
    this.#passes.store(ids, this.#cleanSettings(ids.length));
    this.#sequence.advance(ids);
  }

  writeBlocks(request: BlocksRequest, signal: AbortSignal): AsyncGenerator<BlockStep, void> {
    this.#checkAlive();
    this.#sequence.checkRun(request);
    const fits = request.first.length <= FEW_ROWS && this.config.stopIds.length <= MOST_STOP_IDS;
    if (!fits || !isBlockwise(request)) return writeBlocksByVerbs(this, request, signal);
    return this.#writeOnGpu(request, signal);
  }

  async verifyDraft(step: DraftStep): Promise<VerifiedDraft> {
    this.#checkAlive();
    this.#sequence.checkDraft(step);
    const { sampling, pass, settled } = step;
    const tree = new DraftTree(step, this.config.maskId);
    const { rows, predicting } = tree;
    await this.#reserve(rows.length);
    this.#tellWritten(step.ids.slice(0, settled));
    const settings = {
      ...this.#settings(rows.length),
      ...sampling,
      passNumber: pass - settled + 1,
      seen: rows.map(({ seen }) => seen),
    };
    // What is drawn decides which draft is asked for: all are predicted, so one answer is enough.
    const picks = [...predicting, ...predicting.flatMap((row) => tree.draftOf(row))];
    const work = { ids: rows.map(({ id }) => id), places: rows.map(({ place }) => place), picks, settings };
    const drawn = await this.#guard.run(() => this.#passes.draw({ ...work, predictedPosition: this.position + 1 }));
    const { draws, row, stored: count } = tree.verdict(drawn.slice(0, predicting.length));
    const stored = step.ids.slice(0, count);
    this.#sequence.advance(stored);
    const draft = tree.draftOf(row).map((mask) => likeliestOf(drawn[picks.indexOf(mask)]!));
    return { draws, stored, draft };
  }

  async logits(ids: readonly number[]): Promise<Float32Array> {
    this.#checkAlive();
    this.#sequence.checkScored(ids);
    await this.#reserveLogits();
    const { vocabSize } = this.config;
    const shift = this.#shift;
    const logits = new Float32Array(ids.length * vocabSize);
    if (shift === 1) logits.set(await this.#firstLogits());
    const isOneBlock = ids.length <= this.#sequence.blockSize;
    let from = 0;
    for (const piece of this.#pieces(ids)) {
      const settings = isOneBlock ? this.#settings(piece.length) : this.#cleanSettings(piece.length);
      const position = this.position + from;
      const rows = Math.min(piece.length, ids.length - shift - from);
      const picks = Array.from({ length: rows }, (_, row) => row);
      const pass = { ids: piece, picks, settings: { ...settings, position }, predictedPosition: position + shift };
      await this.#reserve(piece.length);
      if (rows > 0) logits.set(await this.#guard.run(() => this.#passes.logits(pass)), (from + shift) * vocabSize);
      from += piece.length;
    }
    return logits;
  }

  async fork(): Promise<WebgpuBackend> {
    this.#checkAlive();
    const guard = new DeviceGuard(this.#device);
    const buffers = new Buffers(this.#device);
    try {
      return await guard.create(() => new WebgpuBackend(this.#model, guard, buffers));
    } catch (error) {
      guard.dispose();
      buffers.dispose();
      throw withAdvice(error, this.#model);
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#guard.dispose();
    this.#buffers.dispose();
  }

  /** A run of the denoise loop, over blocks that fit into the kernels for few rows. */
  #writeOnGpu(request: BlockwiseRequest, signal: AbortSignal): AsyncGenerator<BlockStep, void> {
    const { config } = this;
    const { blockSize, ring, position } = this.#sequence;
    // A carried block is noised, and sees all of itself: its pass cannot be causal.
    const carries = this.#shift === 0 && (config.network.cleanAttention === 'block' || blockSize === 1);
    const carryEnd = carries && 2 * blockSize <= FEW_ROWS ? Math.max(0, ring - 2 * blockSize + 1) : 0;
    const plan: RunPlan = { request, config, position, carryEnd };
    const replay = new RunReplay(plan, this.#sequence);
    this.#loop.start(plan, ring);
    this.#tellWritten(request.first);
    const fewest = fewestPasses(request, config);
    let tableEnd = position;
    return writeBlocks(
      {
        loop: this.#loop,
        replay,
        guard: this.#guard,
        vocabSize: this.config.vocabSize,
        size: this.#model.submissionOf === 'frame' ? this.#frameSize : new BlockSize(request, carryEnd > 0),
        mostUnderWay: mostUnderWay(fewest, ring / blockSize),
        prepare: (underWay) => {
          const blocks = Math.min(blocksReached(fewest, underWay), replay.blocksOpen);
          this.#sequence.reach(blocks * blockSize);
          // A ring of one block has the RoPE table of one: the next block's follows when its pass is.
          const end = this.#sequence.position + Math.min(blocks * blockSize, ring);
          if (end > tableEnd) {
            this.#network.writeRopeTable(this.#device, { position: tableEnd, rows: end - tableEnd, ring });
          }
          tableEnd = Math.max(tableEnd, end);
        },
      },
      signal,
    );
  }

  /** Raw logits [vocab] of the token after the committed ones, where rows predict the next token; else NaN. */
  async #firstLogits(): Promise<Float32Array> {
    if (!this.#sequence.predictsFirst) return new Float32Array(this.config.vocabSize).fill(Number.NaN);
    return this.#guard.run(() => this.#passes.logits(keptRowPass(this.#settings(1))));
  }

  /** Whole blocks, as many at a time as a pass takes. */
  *#pieces(ids: readonly number[]): Generator<readonly number[], void> {
    const { blockSize } = this.#sequence;
    const each = Math.max(1, Math.floor(this.#network.mostRows / blockSize)) * blockSize;
    for (let from = 0; from < ids.length; from += each) yield ids.slice(from, from + each);
  }

  /** Makes room for reading logits, where there is none yet. */
  async #reserveLogits(): Promise<void> {
    if (!this.#passes.lacksLogits) return;
    this.#passes.takeLogits(await this.#make((buffers) => this.#passes.logitsReadback(buffers)));
  }

  /** Makes room for a pass of so many rows, where there is none yet. */
  async #reserve(rows: number): Promise<void> {
    if (!this.#network.lacks(rows)) return;
    const many = await this.#make((buffers) => this.#network.manyRows(buffers, rows));
    await this.#guard.run(() => pipelinesOf(this.#device).compile());
    this.#network.takeManyRows(many);
  }

  /** What `make` makes on buffers of its own, which go again where there is no room for all of them. */
  async #make<T>(make: (buffers: Buffers) => T): Promise<T> {
    const part = this.#buffers.part();
    try {
      return await this.#guard.create(() => make(part));
    } catch (error) {
      part.dispose();
      throw withAdvice(error, this.#model);
    }
  }

  /** Uploads what the presence penalty is to count, where these ids follow the committed ones. */
  #tellWritten(next: readonly number[]): void {
    if (this.config.decoding.presencePenalty === 0) return;
    const written = packWritten(this.#sequence.written(next), this.config.vocabSize);
    this.#device.queue.writeBuffer(this.#network.head.written.buffer, 0, written);
  }

  #settings(rows: number): PassSettings {
    const { position, ring } = this.#sequence;
    // A short block is a block of its own size: its rows see no slot after their own.
    const blockSize = Math.min(this.#sequence.blockSize, rows);
    return { rows, position, blockSize, ring, ...PLAIN };
  }

  /** Of a pass whose K and V stay. */
  #cleanSettings(rows: number): PassSettings {
    const settings = this.#settings(rows);
    return this.config.network.cleanAttention === 'causal' ? { ...settings, blockSize: 1 } : settings;
  }

  #checkAlive(): void {
    if (this.#disposed) throw new UnmaskError('internal', 'This backend was already disposed of.');
    this.#guard.check();
  }
}
