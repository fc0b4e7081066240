import type { Writable } from 'node:stream';
import type { ModelInfo } from '../library/node';
import { counted } from './command';
import { type CorpusScore, corpusScore, type DocumentScore } from './corpus-score';

/** A score, and how it was come by. */
export interface ToldScore {
  readonly score: CorpusScore;
  readonly blockSize: number;
  readonly samples: number;
}

/** One JSON object: see `--help` for its fields. */
export function jsonScore({ score, blockSize, samples }: ToldScore, out: Writable): void {
  const { documents, tokens, bytes, natsPerToken, perplexity, bitsPerByte, standardError } = score;
  const told = {
    documents,
    tokens,
    bytes,
    nelbo_nats_per_token: natsPerToken,
    ppl: perplexity,
    bits_per_byte: bitsPerByte,
    stderr: standardError,
    block_size: blockSize,
    samples,
  };
  out.write(`${JSON.stringify(told)}\n`);
}

/** What a person likes to know about the run. */
export interface ScoringRun {
  readonly info: ModelInfo;
  readonly seed: number;
  /** Without loading. */
  readonly seconds: number;
  /** Before all documents were scored. */
  readonly stopped: boolean;
}

/** Two lines for a person, and a third about the work beside them. */
export function textScore(
  { score, blockSize, samples }: ToldScore,
  run: ScoringRun,
  out: Writable,
  aside: Writable,
): void {
  const { documents, tokens, bytes, natsPerToken, perplexity, bitsPerByte, standardError } = score;
  const error = standardError === null ? '' : ` ± ${standardError.toFixed(3)}`;
  // Above block size 1 the NELBO is a bound.
  const most = blockSize === 1 ? '' : '≤ ';
  out.write(`${counted(documents, 'document')}, ${counted(tokens, 'token')}, ${counted(bytes, 'byte')}\n`);
  out.write(
    `block size ${blockSize}: ${most}${natsPerToken.toFixed(3)}${error} nats a token, ` +
      `perplexity ${most}${perplexity.toFixed(1)}, ${most}${bitsPerByte.toFixed(3)} bits a byte\n`,
  );
  const { info, seed, seconds, stopped } = run;
  const noise = `${counted(samples, 'sample')} of noise, seed ${seed}`;
  aside.write(`${seconds.toFixed(1)} s, ${info.backend} on ${info.adapter}, ${noise}${stopped ? ', stopped' : ''}\n`);
}

/** How often, in ms, a long run tells how far it is. */
const PROGRESS_EVERY = 5000;

/** To be called with the scores so far, after each of `documents` documents: writes a line every few seconds. */
export function scoreProgress(documents: number, aside: Writable): (scores: readonly DocumentScore[]) => void {
  let told = performance.now();
  return (scores) => {
    if (performance.now() - told < PROGRESS_EVERY) return;
    told = performance.now();
    const { natsPerToken } = corpusScore(scores);
    aside.write(`${scores.length} of ${documents} documents, ${natsPerToken.toFixed(3)} nats a token so far\n`);
  };
}
