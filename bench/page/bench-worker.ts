import { describeError } from '../../src/errors';
import type { BenchMessage, BenchRequest } from './bench-protocol';
import { runBench } from './run-bench';

const tell = (message: BenchMessage) => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<BenchRequest>) => {
  try {
    const report = await runBench(data, (line) => tell({ type: 'progress', line }));
    tell({ type: 'done', report });
  } catch (error) {
    tell({ type: 'failed', message: describeError(error).message });
  }
};
