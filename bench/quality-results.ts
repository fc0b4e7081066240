import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { UnmaskError } from '../src/errors';

/** Which text a line of the results is about. */
export interface QualityText {
  readonly policy: string;
  /** Per block, for policies that have it. */
  readonly steps?: number;
  /** For the policy of that name. */
  readonly threshold?: number;
  /** In nats, for the policy `entropy`. */
  readonly entropyBound?: number;
  readonly block_size: number;
  /** The most that were to be written. */
  readonly max_tokens: number;
  readonly prompt: string;
  readonly seed: number;
}

/** A line of the results. */
export interface QualityResult extends QualityText {
  /** What was written after the prompt. */
  readonly text: string;
  /** Written, EOS included. */
  readonly tokens: number;
  /** Forward passes, prefill and clean passes included. */
  readonly passes: number;
  readonly passes_per_token: number;
  /** −log p(tokens | prompt) under the model itself at block size 1, for each token. */
  readonly nats_per_token: number;
  /** Different n-grams of ids, as a share of all; null for a text shorter than n. */
  readonly distinct_1: number | null;
  readonly distinct_2: number | null;
  readonly distinct_3: number | null;
  /** The share of 4-grams that the text had before. */
  readonly repetition_4: number | null;
}

/** A file of results, a JSON object a line, that grows text by text and can be taken up again. */
export class ResultsFile {
  readonly #path: string;
  readonly #known: ReadonlySet<string>;

  /** Throws `bad-input` for a file with a line that is no result, or is not whole. */
  constructor(path: string) {
    this.#path = path;
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [''];
    const place = (index: number) => `${path}, line ${index + 1}`;
    if (lines.pop() !== '') throw noResult(place(lines.length));
    this.#known = new Set(lines.map((line, index) => keyOf(parseResult(line, place(index)))));
  }

  /** Whether the file had this text when it was opened. */
  has(text: QualityText): boolean {
    return this.#known.has(keyOf(text));
  }

  append(result: QualityResult): void {
    appendFileSync(this.#path, `${JSON.stringify(result)}\n`);
  }
}

function keyOf({ policy, steps, threshold, entropyBound, block_size, max_tokens, prompt, seed }: QualityText): string {
  return JSON.stringify([policy, steps, threshold, entropyBound, block_size, max_tokens, prompt, seed]);
}

function parseResult(line: string, place: string): QualityText {
  try {
    return Object(JSON.parse(line));
  } catch {
    throw noResult(place);
  }
}

function noResult(place: string): UnmaskError {
  return new UnmaskError('bad-input', `${place} is no result, or not a whole one. Remove it, or name another file.`);
}
