import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WeightDtype } from '../../src/model/format/packing';
import type { MeasuredBackend } from './measured-backend';
import type { MeasuredExport } from './measured-export';
import type { MeasuredModel } from './measured-model';
import type { MeasuredText } from './measured-text';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Runs an entry of this folder and returns the JSON object that it prints. Throws with what it told on stderr. */
async function run<Measured>(entry: string, args: readonly string[]): Promise<Measured> {
  const command = ['scripts/run.mjs', `tests/long/${entry}`, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: ROOT });
  return JSON.parse(stdout) as Measured;
}

export interface ExportFolders {
  readonly checkpoint: string;
  readonly tokenizer: string;
  readonly model: string;
}

export function measureExport(
  { checkpoint, model, tokenizer }: ExportFolders,
  dtype: WeightDtype,
): Promise<MeasuredExport> {
  return run('measured-export.ts', [checkpoint, model, dtype, tokenizer]);
}

export function measureModel(model: string, backend: MeasuredBackend, logitsFile: string): Promise<MeasuredModel> {
  return run('measured-model.ts', [model, backend, logitsFile]);
}

export function measureText(
  model: string,
  backend: MeasuredBackend,
  blockSize: number,
  tokens: number,
): Promise<MeasuredText> {
  return run('measured-text.ts', [model, backend, String(blockSize), String(tokens)]);
}
