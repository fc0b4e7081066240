/**
 * Exports a checkpoint and prints what that took as one JSON object, a `MeasuredExport`: a process of its own, so that
 * its memory is the export's.
 *
 *     node scripts/run.mjs tests/long/measured-export.ts <checkpoint> <model-folder> <dtype> <tokenizer-folder>
 */
import { exportCheckpoint } from '../../export/export-checkpoint';
import type { WeightDtype } from '../../src/model/format/packing';

export interface MeasuredExport {
  readonly seconds: number;
  /** Resident memory before it began, and the most of it, in MB. */
  readonly baseMegabytes: number;
  readonly peakMegabytes: number;
  /** Of all files of the model, and how many they are. */
  readonly megabytes: number;
  readonly files: number;
}

const [checkpoint, folder, dtype, tokenizerFolder] = process.argv.slice(2) as [string, string, WeightDtype, string];
const start = performance.now();
const base = process.memoryUsage().rss;
const { files } = await exportCheckpoint(checkpoint, folder, dtype, { tokenizerFolder });
const measured: MeasuredExport = {
  seconds: (performance.now() - start) / 1000,
  baseMegabytes: base / 1e6,
  peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6,
  megabytes: files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6,
  files: files.length,
};
process.stdout.write(`${JSON.stringify(measured)}\n`);
