import type { BufferSlice, Buffers } from '../../src/gpu/buffers';
import { readBack } from '../../src/gpu/readback';
import { median } from '../median';

/** Two timestamps of 8 bytes. */
const BYTES = 16;
/** Timestamps are rounded to 0.1 ms in browsers; so long makes of that a hundredth. */
const LEAST_MS = 10;
const MOST_DISPATCHES = 4_096;

const REPETITIONS = 3;

/** Times dispatches on a device with `timestamp-query`. */
export class GpuClock {
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #readback: BufferSlice;

  constructor(device: GPUDevice, buffers: Buffers) {
    this.#device = device;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 });
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    this.#resolved = buffers.adopt(device.createBuffer({ label: 'clock', size: BYTES, usage }), BYTES).buffer;
    this.#readback = buffers.readback('clock.readback', BYTES);
  }

  /** Ms that a round of dispatches takes, a median: one round to warm up, then as many as are long enough to time. */
  async time(encodeRound: (pass: GPUComputePassEncoder) => void, dispatches: number): Promise<number> {
    await this.#run(encodeRound, 1);
    const once = await this.#run(encodeRound, 1);
    const most = Math.max(1, Math.floor(MOST_DISPATCHES / dispatches));
    const rounds = once > 0 ? Math.min(most, Math.ceil(LEAST_MS / once)) : most;
    const times: number[] = [];
    while (times.length < REPETITIONS) times.push((await this.#run(encodeRound, rounds)) / rounds);
    return median(times);
  }

  /** Ms of so many rounds in one compute pass. */
  async #run(encodeRound: (pass: GPUComputePassEncoder) => void, rounds: number): Promise<number> {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass({
      timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    });
    for (let round = 0; round < rounds; round++) encodeRound(pass);
    pass.end();
    encoder.resolveQuerySet(this.#queries, 0, 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#readback.buffer, 0, BYTES);
    this.#device.queue.submit([encoder.finish()]);
    const [start, end] = new BigUint64Array(await readBack(this.#device, this.#readback, BYTES));
    return Number(end! - start!) / 1e6;
  }
}
