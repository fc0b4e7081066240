import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Backend } from '../backends/backend';
import { checkBlockSize, checkCount, checkSeed } from '../engine/check-request';
import { blockNelbos, type NoiseDraws, type ScoredText } from '../engine/nelbo';
import { UnmaskError } from '../errors';
import { readChatTemplateFiles } from '../model/source/tokenizer-files';
import type { ModelConfig } from '../network/model-config';
import { type ChatTemplate, createChatTemplate } from '../tokenizer/chat-template';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { openBackend } from './backend-choice';
import { EXIT, runToExit, standWhereStarted } from './command';
import { corpusScore, type DocumentScore } from './corpus-score';
import { type CorpusText, corpusText, exchangeText } from './corpus-text';
import { type Exchange, isExchange, readDocuments, type TrainingDocument } from './documents';
import { stopOnInterrupt } from './interrupt';
import { openModelFolder, openTokenizer } from './model-folder';
import { readScoreOptions, SCORE_HELP, type ScoreOptions } from './score-options';
import { jsonScore, scoreProgress, textScore } from './score-output';

/** `npm run score`: see `--help`. Returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const options = readScoreOptions(args);
  if (options === 'help') {
    process.stdout.write(SCORE_HELP);
    return EXIT.done;
  }
  standWhereStarted();
  const abort = new AbortController();
  stopOnInterrupt(abort);
  await score(options, abort.signal);
  return abort.signal.aborted ? EXIT.interrupted : EXIT.done;
}

/** Scores the documents and prints what came out; of those that were finished, if `signal` is aborted. */
async function score(options: ScoreOptions, signal: AbortSignal): Promise<void> {
  const source = await openModelFolder(options.model);
  // All that can be wrong is found before the load, which takes long.
  checkOptions(options, source.config);
  const tokenizer = await openTokenizer(source, signal);
  if (!tokenizer) {
    throw new UnmaskError('bad-input', 'This model has no tokenizer, and documents are text. Export it with one.');
  }
  const { blockSize, samples, seed } = options;
  const documents = await readDocuments(options.jsonl, options.limit ?? Number.POSITIVE_INFINITY);
  const template = createChatTemplate(await readChatTemplateFiles(source, signal));
  const scored = { tokenizer, template, config: source.config, blockSize };
  const texts = documents.map((document) => textOf(document, scored));

  const backend = await openBackend(source, options.backend, signal);
  const began = performance.now();
  const progress = scoreProgress(texts.length, process.stderr);
  const scores: DocumentScore[] = [];
  for (const [textNumber, text] of texts.entries()) {
    const nats = await textNelbo(backend, text, { samples, seed, textNumber }, signal);
    if (nats === undefined) break;
    scores.push({ nats, tokens: text.ids.length - text.given, bytes: text.bytes });
    progress(scores);
  }
  if (scores.length === 0) signal.throwIfAborted();
  const told = { score: corpusScore(scores), blockSize, samples };
  if (options.json) return jsonScore(told, process.stdout);
  const seconds = (performance.now() - began) / 1000;
  textScore(told, { backend, seed, seconds, stopped: signal.aborted }, process.stdout, process.stderr);
}

interface ScoredWith {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | null;
  readonly config: ModelConfig;
  readonly blockSize: number;
}

function textOf(document: TrainingDocument | Exchange, scored: ScoredWith): CorpusText {
  const { tokenizer, template, config, blockSize } = scored;
  if (!isExchange(document)) return corpusText(document, tokenizer, config, blockSize);
  if (template) return exchangeText(document, tokenizer, template, config, blockSize);
  throw new UnmaskError('bad-input', 'This model has no chat template: score documents with kind, title and text.');
}

function checkOptions({ blockSize, limit, samples, seed }: ScoreOptions, config: ModelConfig): void {
  checkBlockSize(blockSize, config);
  if (limit !== undefined) checkCount('The number of documents', limit);
  checkCount('The number of samples', samples);
  checkSeed(seed);
}

/** The estimated NELBO of a whole text, in nats; undefined if `signal` was aborted before its end. */
async function textNelbo(
  backend: Backend,
  text: ScoredText,
  draws: NoiseDraws,
  signal: AbortSignal,
): Promise<number | undefined> {
  let total = 0;
  for await (const nats of blockNelbos(backend, text, draws)) {
    total += nats;
    // The wasm backend never leaves the microtask queue: without this, Ctrl-C would come after the last document.
    await nextTurn();
    if (signal.aborted) return undefined;
  }
  return total;
}

await runToExit(main);
