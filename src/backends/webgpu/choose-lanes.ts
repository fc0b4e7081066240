import { Buffers } from '../../gpu/buffers';
import { Constants } from '../../gpu/constants';
import type { Pipelines } from '../../gpu/kernel';
import { workDone } from '../../gpu/work-done';
import type { Lanes } from '../../kernels/lanes';
import { matmulFew } from '../../kernels/matmul-few';
import { PASS_BYTES, packPass } from '../../kernels/pass';

/** The matmul that is timed: about the smallest of a model that people would run. */
const SIZE = { rows: 256, columns: 256, epilogue: 'none' } as const;
const ROWS = 16;
/** Dispatches of one timing, so that they outweigh the way to the GPU and back. */
const DISPATCHES = 20;
/** Timings of each choice, in turns; the shortest counts. */
const ROUNDS = 3;

const chosen = new WeakMap<GPUDevice, Promise<Lanes>>();

/**
 * How many invocations should share the columns of a matmul for few rows on this device; measured once for each.
 * Not on a software adapter, where one alone is several times as fast and compiling the other takes longer than
 * a pass. Where measuring fails, as on a device that is lost, the choice is that of GPUs.
 */
export function chooseLanes(pipelines: Pipelines, software: boolean): Promise<Lanes> {
  const { device } = pipelines;
  const measure = () => (software ? Promise.resolve<Lanes>(1) : measureLanes(pipelines).catch((): Lanes => 8));
  const choice = chosen.get(device) ?? measure();
  chosen.set(device, choice);
  return choice;
}

/** The faster choice, by the clock. */
export async function measureLanes(pipelines: Pipelines): Promise<Lanes> {
  const buffers = new Buffers(pipelines.device);
  try {
    const run = timedMatmul(pipelines, buffers);
    // The first run of each compiles it.
    const best = { 1: Number.POSITIVE_INFINITY, 8: Number.POSITIVE_INFINITY };
    await run(8);
    await run(1);
    for (let round = 0; round < ROUNDS; round++) {
      for (const lanes of [8, 1] as const) best[lanes] = Math.min(best[lanes], await run(lanes));
    }
    return best[1] < best[8] ? 1 : 8;
  } finally {
    buffers.dispose();
  }
}

/** Milliseconds of DISPATCHES matmuls over zeros. */
function timedMatmul(pipelines: Pipelines, buffers: Buffers): (lanes: Lanes) => Promise<number> {
  const { device } = pipelines;
  const { rows: features, columns } = SIZE;
  const pass = buffers.uniform('lanes.pass', PASS_BYTES);
  const settings = {
    position: 0,
    blockSize: ROWS,
    ring: ROWS,
    seed: 0,
    passNumber: 0,
    temperature: 0,
    topP: 1,
    seen: [],
  };
  device.queue.writeBuffer(pass.buffer, 0, packPass({ rows: ROWS, ...settings }));
  const values = buffers.storage('lanes.values', features * columns);
  const scales = buffers.storage('lanes.scales', (features * columns) / 8);
  const x = buffers.storage('lanes.x', ROWS * columns * 4);
  const constants = new Constants(device, buffers);
  const y = buffers.storage('lanes.y', ROWS * features * 4);
  return async (lanes) => {
    const weights = { dtype: 'q8', values, scales } as const;
    const kernel = matmulFew(pipelines, 'lanes.matmul', { ...SIZE, lanes }, { constants, pass, x, weights, y });
    const encoder = device.createCommandEncoder();
    const computePass = encoder.beginComputePass();
    for (let i = 0; i < DISPATCHES; i++) kernel.encode(computePass, ROWS);
    computePass.end();
    const commands = encoder.finish();
    const start = performance.now();
    device.queue.submit([commands]);
    await workDone(device);
    return performance.now() - start;
  };
}
