import { MethodWatch } from './method-watch';

/** What was asked of WebGPU while it was counted. */
export interface GpuCounts {
  submits: number;
  dispatches: number;
  /** Waits for the GPU: buffers mapped, and ends of submitted work awaited. */
  waits: number;
  /** Bytes mapped to be read. */
  readbackBytes: number;
}

const NOTHING: Readonly<GpuCounts> = { submits: 0, dispatches: 0, waits: 0, readbackBytes: 0 };

const READ = 0x01; // GPUMapMode.READ

/**
 * Counts what is asked of WebGPU on this thread from when it is made until `stop`, whoever asks. Counting
 * takes time, so what is counted is not timed.
 */
export class GpuCounter {
  readonly #watch = new MethodWatch();
  readonly #sizes = new Map<GPUBuffer, number>();
  #counts: GpuCounts = { ...NOTHING };
  #liveBytes = 0;
  #peakBytes = 0;

  constructor() {
    const watch = this.#watch;
    watch.after(GPUQueue.prototype, 'submit', () => {
      this.#counts.submits++;
    });
    watch.after(GPUQueue.prototype, 'onSubmittedWorkDone', () => {
      this.#counts.waits++;
    });
    for (const name of ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect'] as const) {
      watch.after(GPUComputePassEncoder.prototype, name, () => {
        this.#counts.dispatches++;
      });
    }
    watch.after(GPUBuffer.prototype, 'mapAsync', (buffer, [mode, offset = 0, size = buffer.size - offset]) => {
      this.#counts.waits++;
      if (mode & READ) this.#counts.readbackBytes += size;
    });
    watch.after(GPUDevice.prototype, 'createBuffer', (_, [{ size }], buffer) => this.#created(buffer, size));
    watch.after(GPUBuffer.prototype, 'destroy', (buffer) => this.#destroyed(buffer));
  }

  /** Bytes of buffers created and not destroyed. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** The most that `liveBytes` was. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** What was counted since the last call, or the start. */
  take(): Readonly<GpuCounts> {
    const counts = this.#counts;
    this.#counts = { ...NOTHING };
    return counts;
  }

  stop(): void {
    this.#watch.stop();
  }

  #created(buffer: GPUBuffer, size: number): void {
    this.#sizes.set(buffer, size);
    this.#liveBytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
  }

  /** Destroying twice is allowed. */
  #destroyed(buffer: GPUBuffer): void {
    this.#liveBytes -= this.#sizes.get(buffer) ?? 0;
    this.#sizes.delete(buffer);
  }
}
