import type { ModelSource } from '../../src/model/source/model-source';
import type { LengthCase } from '../report';
import { openGpu, openOurs } from './bench-model';
import { begin, blocksOf } from './contestant';
import { GpuCounter } from './gpu-counter';
import { textRequest } from './text-request';

const BLOCK_SIZE = 32;
/** The fewest: a long text is to be written. */
const STEPS = 1;
const SHORTEST = 64;
const LONGEST = 8_192;

/**
 * Writes one text of 8,192 tokens, and times its blocks from each doubling of its length to the next, from 64
 * tokens on. Ends before a doubling that would not be done within `limit` ms.
 */
export async function measureLengths(
  source: ModelSource,
  limit: number,
  progress: (line: string) => void,
): Promise<LengthCase[]> {
  const gpu = await openGpu();
  const counter = new GpuCounter();
  const cases: LengthCase[] = [];
  try {
    const backend = await openOurs(source, gpu);
    const request = textRequest(source.config, BLOCK_SIZE, STEPS, 0);
    await begin(backend, request);
    const start = performance.now();
    let last = { tokens: 0, at: start };
    let tokens = 0;
    for await (const block of blocksOf(backend, request, LONGEST / BLOCK_SIZE)) {
      tokens += block.length;
      if (tokens !== Math.max(SHORTEST, 2 * last.tokens)) continue;
      const now = performance.now();
      const ms = (now - last.at) / ((tokens - last.tokens) / BLOCK_SIZE);
      cases.push({ tokens, ms_per_block: ms, gpu_bytes: counter.liveBytes });
      progress(`${tokens} tokens: ${ms.toFixed(1)} ms a block, ${counter.liveBytes} bytes on the GPU`);
      last = { tokens, at: now };
      if (2 * (now - start) > limit) break;
    }
    backend.dispose();
    return cases;
  } finally {
    counter.stop();
    gpu.device.destroy();
  }
}
