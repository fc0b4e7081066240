import type { Backend } from '../../src/backends/backend';
import type { Gpu } from '../../src/gpu/device';
import type { ModelSource } from '../../src/model/source/model-source';
import type { Counters } from '../report';
import { openGpu, openOurs, openOursWithWholeBlocks } from './bench-model';
import { begin, blocksOf } from './contestant';
import { GpuCounter, type GpuCounts } from './gpu-counter';
import { textRequest } from './text-request';

const BLOCK_SIZE = 16;
const STEPS = 8;
const CONTEXT = 32;
/** Blocks that are counted: as many as are written within a second, but no fewer and no more than these. */
const FEWEST = 2;
const MOST = 64;
const COUNTED_MS = 1_000;

interface Counted {
  readonly counts: GpuCounts;
  readonly blocks: number;
  readonly loadedBytes: number;
  readonly peakBytes: number;
  readonly bytesAfterDispose: number;
}

/** Counts what our backend does on the GPU, block for block, as the page runs it and with whole blocks forced. */
export async function countGpuWork(source: ModelSource): Promise<Counters> {
  const usual = await countBlocks(source, openOurs);
  const whole = await countBlocks(source, openOursWithWholeBlocks);
  const { submits, dispatches, waits, readbackBytes } = usual.counts;
  return {
    blockSize: BLOCK_SIZE,
    steps: STEPS,
    submits_per_block: submits / usual.blocks,
    dispatches_per_step: dispatches / usual.blocks / STEPS,
    waits_per_block: waits / usual.blocks,
    readback_bytes_per_token_step: readbackBytes / usual.blocks / BLOCK_SIZE / STEPS,
    whole_block: {
      submits_per_block: whole.counts.submits / whole.blocks,
      waits_per_block: whole.counts.waits / whole.blocks,
    },
    gpu_bytes_loaded: usual.loadedBytes,
    gpu_bytes_peak: usual.peakBytes,
    gpu_bytes_after_dispose: usual.bytesAfterDispose,
  };
}

/** From the first finished block to another, in the midst of a text: what is under way at both is the same. */
async function countBlocks(
  source: ModelSource,
  open: (source: ModelSource, gpu: Gpu) => Promise<Backend>,
): Promise<Counted> {
  const gpu = await openGpu();
  const counter = new GpuCounter();
  try {
    const backend = await open(source, gpu);
    const loadedBytes = counter.liveBytes;
    const request = textRequest(source.config, BLOCK_SIZE, STEPS, CONTEXT);
    await begin(backend, request);
    const text = blocksOf(backend, request, 2 * MOST);
    await text.next();
    counter.take();
    const start = performance.now();
    let blocks = 0;
    while (blocks < FEWEST || (blocks < MOST && performance.now() - start < COUNTED_MS)) {
      await text.next();
      blocks++;
    }
    const counts = counter.take();
    await text.return();
    backend.dispose();
    return { counts, blocks, loadedBytes, peakBytes: counter.peakBytes, bytesAfterDispose: counter.liveBytes };
  } finally {
    counter.stop();
    gpu.device.destroy();
  }
}
