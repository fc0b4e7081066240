import { openModel, UnmaskError } from '../library/node';
import { EXIT, runToExit, standWhereStarted } from './command';
import { corpusScore, type DocumentScore } from './corpus-score';
import { type CorpusModel, type CorpusText, corpusText } from './corpus-text';
import { readDocuments } from './documents';
import { stopOnInterrupt } from './interrupt';
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
  const { backend, blockSize, samples, seed } = options;
  const documents = await readDocuments(options.jsonl, options.limit ?? Number.POSITIVE_INFINITY);
  const model = await openModel(options.model, { backend, signal });
  const { info } = model;
  if (!info.hasTokenizer) {
    throw new UnmaskError('bad-input', 'This model has no tokenizer, and documents are text. Export it with one.');
  }
  const idsOf: CorpusModel['idsOf'] = async (text) => (await model.tokenize(text)).map(({ id }) => id);
  const texts: CorpusText[] = [];
  // What is wrong with one of them is found before any is scored, which takes long.
  for (const document of documents) texts.push(await corpusText(document, { info, blockSize, idsOf }));

  const began = performance.now();
  const progress = scoreProgress(texts.length, process.stderr);
  const scores: DocumentScore[] = [];
  try {
    for (const [textNumber, { before, text }] of texts.entries()) {
      const asked = { before, blockSizes: [blockSize], draws: samples, seed, textNumber, signal };
      const { scored, sizes } = await model.score(text, asked);
      scores.push({ ...scored, nats: sizes[0]!.natsPerToken * scored.tokens });
      progress(scores);
    }
  } catch (error) {
    if (!signal.aborted || scores.length === 0) throw error;
  }
  const told = { score: corpusScore(scores), blockSize, samples };
  if (options.json) return jsonScore(told, process.stdout);
  const seconds = (performance.now() - began) / 1000;
  textScore(told, { info, seed, seconds, stopped: signal.aborted }, process.stdout, process.stderr);
}

await runToExit(main);
