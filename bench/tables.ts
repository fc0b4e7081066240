import type { BenchReport } from './report';

/** A table for people. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A report as tables, the same on the page and in the terminal. */
export function reportTables({ cases, counters, lengths, kernels, skipped }: BenchReport): Table[] {
  const tables: Table[] = [
    {
      title: 'Speed against peers, medians of interleaved repetitions',
      columns: ['case', 'ours, tokens/s', 'peer', 'peer, tokens/s', 'ratio'],
      rows: cases.map(({ name, ours_ms, peer, peer_ms, ratio }) => [
        name,
        perSecond(ours_ms),
        peer,
        perSecond(peer_ms),
        ratio.toFixed(2),
      ]),
    },
    {
      title: `Counters, L′ = ${counters.blockSize} in ${counters.steps} steps`,
      columns: ['counter', 'value'],
      rows: counterRows(counters),
    },
    {
      title: 'A block against the length of its text',
      columns: ['tokens', 'ms a block', 'MiB on the GPU'],
      rows: lengths.map((each) => [String(each.tokens), each.ms_per_block.toFixed(1), mebibytes(each.gpu_bytes)]),
    },
  ];
  for (const { model, copy_gb_per_s, kernels: times } of kernels) {
    tables.push({
      title: `Kernels of ${model}, by timestamp queries; a copy reaches ${copy_gb_per_s.toFixed(1)} GB/s`,
      columns: ['kernel', 'rows', 'µs', 'fewest bytes', 'GB/s', 'share of copy'],
      rows: times.map((each) => [
        each.name,
        String(each.rows),
        each.us.toFixed(1),
        String(each.fewest_bytes),
        each.gb_per_s.toFixed(2),
        `${Math.round(100 * each.share_of_copy)} %`,
      ]),
    });
  }
  if (skipped.length > 0) tables.push({ title: 'Left out', columns: ['case'], rows: skipped.map((each) => [each]) });
  return tables;
}

function counterRows(counters: BenchReport['counters']): [string, string][] {
  return [
    ['submits a block', show(counters.submits_per_block)],
    ['waits for the GPU a block', show(counters.waits_per_block)],
    ['submits a block, whole blocks forced', show(counters.whole_block.submits_per_block)],
    ['waits a block, whole blocks forced', show(counters.whole_block.waits_per_block)],
    ['dispatches a step', show(counters.dispatches_per_step)],
    ['bytes read back a token and step', show(counters.readback_bytes_per_token_step)],
    ['MiB on the GPU, loaded', mebibytes(counters.gpu_bytes_loaded)],
    ['MiB on the GPU, peak', mebibytes(counters.gpu_bytes_peak)],
    ['bytes on the GPU after dispose', show(counters.gpu_bytes_after_dispose)],
  ];
}

function perSecond(ms: number): string {
  return (1000 / ms).toPrecision(3);
}

function show(count: number): string {
  return String(Math.round(100 * count) / 100);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(2);
}
