import { expect, it } from 'vitest';
import type { BenchReport } from '../../bench/report';
import { reportTables } from '../../bench/tables';

const REPORT: BenchReport = {
  adapter: 'test',
  browser: 'test',
  commit: 'abc',
  scope: 'quick',
  cases: [
    {
      name: 'stories, L′ = 16, context 64',
      blockSize: 16,
      steps: 8,
      context: 64,
      ours_ms: 5,
      peer: 'wasm',
      peer_ms: 12.5,
      ratio: 2.5,
      rounds: 3,
      blocks: 2,
    },
  ],
  counters: {
    blockSize: 16,
    steps: 8,
    submits_per_block: 8,
    dispatches_per_step: 70.125,
    waits_per_block: 8,
    readback_bytes_per_token_step: 12,
    whole_block: { submits_per_block: 1, waits_per_block: 1 },
    gpu_bytes_loaded: 2 ** 20,
    gpu_bytes_peak: 3 * 2 ** 19,
    gpu_bytes_after_dispose: 0,
  },
  lengths: [{ tokens: 64, ms_per_block: 1.26, gpu_bytes: 2 ** 20 }],
  kernels: [],
  ort_features: [],
  skipped: [],
};

it('turns times into speeds', () => {
  const [speed, counters, lengths, ...others] = reportTables(REPORT);
  expect(speed!.rows).toEqual([['stories, L′ = 16, context 64', '200', 'wasm', '80.0', '2.50']]);
  expect(counters!.rows).toContainEqual(['dispatches a step', '70.13']);
  expect(counters!.rows).toContainEqual(['MiB on the GPU, peak', '1.50']);
  expect(lengths!.rows).toEqual([['64', '1.3', '1.00']]);
  expect(others).toEqual([]);
});

it('shows kernels where there were timestamps, and what was left out', () => {
  const kernel = { name: 'q', rows: 16, us: 20, fewest_bytes: 4_000, gb_per_s: 0.2, share_of_copy: 0.05 };
  const kernels = [{ model: 'stories', copy_gb_per_s: 4, kernels: [kernel] }];
  const tables = reportTables({ ...REPORT, kernels, skipped: ['a race'] }).slice(3);
  expect(tables.map(({ rows }) => rows)).toEqual([[['q', '16', '20.0', '4000', '0.20', '5 %']], [['a race']]]);
});
