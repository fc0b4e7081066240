import { UnmaskError } from '../errors';
import type { ModelConfig } from '../network/model-config';
import {
  type Backend,
  type BackendName,
  type BlockStep,
  type BlocksRequest,
  type BlockwiseRequest,
  type DenoiseStep,
  type DraftStep,
  type Draw,
  isBlockwise,
  LIKELIEST,
  type VerifiedDraft,
} from './backend';
import { RunProgress } from './run-progress';
import { writeSpeculatively } from './speculative-loop';

/** So many losses within so many milliseconds are too many to go on. */
const MOST_LOSSES = 3;
const LOSSES_WITHIN_MS = 60_000;

/** Another device may round otherwise. */
const DIVERGED_MESSAGE =
  'The GPU was lost, and the one that is there now computes other words. Go on with the text from its last block.';

export interface Recovery {
  /** Opens the backend again, on a device that is there. */
  readonly open: () => Promise<Backend>;
  /** Told of each loss, before the backend is opened again. */
  readonly onLost?: (() => void) | undefined;
}

/** Ids whose keys and values a pass left in the cache; a pass that verified a draft may have been over more. */
interface Stored {
  readonly pass: 'prefill' | 'commit' | 'verify';
  readonly ids: readonly number[];
}

/**
 * A backend that outlives its device. Where a call finds the device lost, the model is opened again, the cache
 * filled by the same passes as before, and the call made once more. A run of blocks goes on from the start of the
 * block that it was in, without telling again what it told: draws depend on the seed, the pass and the place
 * alone, so the text is the one that would have come.
 *
 * The third loss within a minute is thrown as `device-lost`, and so is one after which there is no device; what
 * is called after that tries once more.
 */
export class RecoveringBackend implements Backend {
  readonly name: BackendName;
  readonly config: ModelConfig;
  readonly kvBytesPerToken: number;
  readonly #recovery: Recovery;
  /** Null from a loss until the model is open again. */
  #backend: Backend | null;
  #adapter: string;
  #reopening: Promise<Backend> | undefined;
  #losses: readonly number[] = [];
  /** The last call of `begin`; null before the first. */
  #begun: Parameters<Backend['begin']> | null = null;
  /** What is in the cache, or has to be put into it. */
  #stored: readonly Stored[] = [];
  /** How many of these the backend has made. A run may still yield what it had read when its device was lost. */
  #filled = 0;
  #disposed = false;

  constructor(backend: Backend, recovery: Recovery) {
    this.name = backend.name;
    this.config = backend.config;
    this.kvBytesPerToken = backend.kvBytesPerToken;
    this.#adapter = backend.adapter;
    this.#backend = backend;
    this.#recovery = recovery;
  }

  get adapter(): string {
    return this.#adapter;
  }

  get position(): number {
    return lengthOf(this.#stored);
  }

  begin(blockSize: number, ids: readonly number[] = [], writtenFrom?: number): void {
    this.#checkAlive();
    try {
      this.#backend?.begin(blockSize, ids, writtenFrom);
    } catch (error) {
      if (!isLoss(error)) throw error;
      this.#letGo();
    }
    this.#begun = [blockSize, ids, writtenFrom];
    const kept = ids.slice(0, this.#backend?.position ?? 0);
    this.#stored = keeping(this.#stored, kept, blockSize);
    this.#filled = this.#stored.length;
  }

  async prefill(ids: readonly number[]): Promise<void> {
    await this.#call((backend) => backend.prefill(ids));
    this.#note({ pass: 'prefill', ids });
  }

  denoiseStep(step: DenoiseStep): Promise<Draw[]> {
    return this.#call((backend) => backend.denoiseStep(step));
  }

  async commitBlock(ids: readonly number[]): Promise<void> {
    await this.#call((backend) => backend.commitBlock(ids));
    this.#note({ pass: 'commit', ids });
  }

  async verifyDraft(step: DraftStep): Promise<VerifiedDraft> {
    const verified = await this.#call((backend) => backend.verifyDraft(step));
    this.#note({ pass: 'verify', ids: verified.stored });
    return verified;
  }

  writeBlocks(request: BlocksRequest, signal: AbortSignal): AsyncGenerator<BlockStep, void> {
    // What its passes verify does not end where blocks end, so it is made from here, pass by pass.
    return isBlockwise(request) ? this.#writeBlockwise(request, signal) : writeSpeculatively(this, request, signal);
  }

  logits(ids: readonly number[]): Promise<Float32Array> {
    return this.#call((backend) => backend.logits(ids));
  }

  async fork(): Promise<Backend> {
    const open = () => this.#call((backend) => backend.fork());
    return new RecoveringBackend(await open(), { open });
  }

  dispose(): void {
    this.#disposed = true;
    this.#letGo();
  }

  async *#writeBlockwise(request: BlockwiseRequest, signal: AbortSignal): AsyncGenerator<BlockStep, void> {
    const progress = new RunProgress(request, this.config.maskId);
    while (!signal.aborted) {
      const backend = await this.#alive();
      let isSame = true;
      try {
        await this.#fill(backend);
        for await (const step of backend.writeBlocks(progress.restart(), signal)) {
          const finished = progress.finishedBefore();
          if (finished) this.#note({ pass: 'commit', ids: finished }, backend);
          const kind = progress.take(step);
          if (kind === 'new') yield step;
          isSame = kind !== 'other';
          if (!isSame) break;
        }
        if (isSame) return;
      } catch (error) {
        this.#letGoOf(backend, error);
      }
      if (!isSame) throw new UnmaskError('device-lost', DIVERGED_MESSAGE);
    }
  }

  async #call<T>(work: (backend: Backend) => Promise<T>): Promise<T> {
    for (;;) {
      const backend = await this.#alive();
      try {
        await this.#fill(backend);
        return await work(backend);
      } catch (error) {
        this.#letGoOf(backend, error);
      }
    }
  }

  /** Lets go of a backend whose device is lost. Throws `error` where it is no loss, or nothing is to go on. */
  #letGoOf(backend: Backend, error: unknown): void {
    if (!isLoss(error) || this.#disposed) throw error;
    // Another sequence on the same device may have noticed before.
    if (backend === this.#backend) this.#letGo();
  }

  async #alive(): Promise<Backend> {
    this.#checkAlive();
    if (this.#backend) return this.#backend;
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  async #reopen(): Promise<Backend> {
    for (;;) {
      this.#countLoss();
      this.#recovery.onLost?.();
      let backend: Backend | undefined;
      try {
        backend = await this.#recovery.open();
        if (this.#begun) backend.begin(...this.#begun);
        this.#filled = 0;
        await this.#fill(backend);
        this.#checkAlive();
        this.#adapter = backend.adapter;
        this.#backend = backend;
        return backend;
      } catch (error) {
        backend?.dispose();
        if (!isLoss(error)) throw error;
      }
    }
  }

  /** Notes a pass that `maker` made. */
  #note(pass: Stored, maker: Backend | null = this.#backend): void {
    this.#stored = [...this.#stored, pass];
    if (maker === this.#backend) this.#filled = this.#stored.length;
  }

  /** Makes the passes that the backend lacks. */
  async #fill(backend: Backend): Promise<void> {
    for (; this.#filled < this.#stored.length; this.#filled++) {
      this.#checkAlive();
      await store(backend, this.#stored[this.#filled]!);
    }
  }

  #countLoss(): void {
    const now = performance.now();
    this.#losses = [...this.#losses.filter((at) => at > now - LOSSES_WITHIN_MS), now];
    if (this.#losses.length < MOST_LOSSES) return;
    this.#losses = [];
    throw new UnmaskError(
      'device-lost',
      `The GPU was lost ${MOST_LOSSES} times within a minute. Go on with the wasm backend, or try again.`,
    );
  }

  #letGo(): void {
    this.#backend?.dispose();
    this.#backend = null;
  }

  #checkAlive(): void {
    if (this.#disposed) throw new UnmaskError('internal', 'This backend was already disposed of.');
  }
}

/** Makes a pass again. */
async function store(backend: Backend, { pass, ids }: Stored): Promise<void> {
  switch (pass) {
    case 'prefill':
      return backend.prefill(ids);
    case 'commit':
      return backend.commitBlock(ids);
    case 'verify':
      await backend.verifyDraft({ ids, settled: ids.length, seconds: [], masks: 0, sampling: LIKELIEST, pass: 0 });
      return;
    default:
      return pass satisfies never;
  }
}

function isLoss(error: unknown): boolean {
  return error instanceof UnmaskError && error.code === 'device-lost';
}

function lengthOf(stored: readonly Stored[]): number {
  return stored.reduce((sum, { ids }) => sum + ids.length, 0);
}

/**
 * The passes that filled a cache which kept `kept`. A run that was left early may have stored blocks without
 * telling: those come after what is known.
 */
function keeping(stored: readonly Stored[], kept: readonly number[], blockSize: number): Stored[] {
  const passes: Stored[] = [];
  let from = 0;
  for (const { pass, ids } of stored) {
    const length = Math.min(ids.length, kept.length - from);
    if (length > 0) passes.push({ pass, ids: ids.slice(0, length) });
    from += length;
  }
  for (; from < kept.length; from += blockSize)
    passes.push({ pass: 'commit', ids: kept.slice(from, from + blockSize) });
  return passes;
}
