import type { WeightsProgress } from '../src/convert/write-weights';
import { type Manifest, MODEL_FILES } from '../src/model/format/manifest';

/** Where progress goes: stderr, or what stands for it. */
export interface ProgressTarget {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Ms between two states of the line. */
const REDRAW = 100;
/** Plain lines for a whole export, and the least ms between two: an export that is over in no time needs none. */
const PLAIN_LINES = 4;
const PLAIN_PAUSE = 1_000;

/** Tells a person how far the weights are. */
export interface ProgressOutput {
  tell(progress: WeightsProgress): void;
  /** Makes room for what is written next, be it the result or an error. */
  clear(): void;
}

/**
 * One line that is rewritten on a terminal; elsewhere a line for each quarter of the bytes, unless they come faster
 * than a second apart. `now` is in ms.
 */
export function progressOutput(target: ProgressTarget, now: () => number = () => performance.now()): ProgressOutput {
  const start = now();
  const told = ({ parts, ofParts, bytes, ofBytes }: WeightsProgress) =>
    `tensor ${Math.min(parts + 1, ofParts)} of ${ofParts}, ${megabytes(bytes)} of ${megabytes(ofBytes)} MB, ` +
    `${((now() - start) / 1000).toFixed(0)} s`;
  return target.isTTY ? rewritten(target, told, now) : inPlainLines(target, told, now);
}

type Told = (progress: WeightsProgress) => string;

function rewritten(target: ProgressTarget, told: Told, now: () => number): ProgressOutput {
  const CLEARED_LINE = '\r\x1b[2K';
  let last = Number.NEGATIVE_INFINITY;
  return {
    tell(progress) {
      if (now() - last < REDRAW) return;
      last = now();
      target.write(`${CLEARED_LINE}${told(progress)}`);
    },
    clear() {
      if (last !== Number.NEGATIVE_INFINITY) target.write(CLEARED_LINE);
    },
  };
}

function inPlainLines(target: ProgressTarget, told: Told, now: () => number): ProgressOutput {
  let last = now();
  let lines = 0;
  return {
    tell(progress) {
      const due = Math.floor((PLAIN_LINES * progress.bytes) / progress.ofBytes);
      if (due <= lines || now() - last < PLAIN_PAUSE) return;
      lines = due;
      last = now();
      target.write(`${told(progress)}\n`);
    },
    clear() {},
  };
}

/** The one line about what was written. */
export function exportResult(folder: string, { parameters, dtype, embeddingDtype, files }: Manifest): string {
  const size = megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0));
  const dtypes = embeddingDtype === dtype ? dtype : `${dtype} (embedding and head as ${embeddingDtype})`;
  return `${folder}: ${(parameters / 1e6).toFixed(1)} million parameters as ${dtypes}, ${size} MB\n`;
}

/** What to do about a model that no text can be given to; '' where there is nothing. */
export function tokenizerAdvice({ files }: Manifest): string {
  if (files.some(({ path }) => path === MODEL_FILES.tokenizer)) return '';
  return (
    'There is no tokenizer, and the page needs one. Give the folder of the one that the model was trained with as ' +
    '--tokenizer <folder>; the published BD3-LM models, which hold none, use GPT-2’s.\n'
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
