import { type Model, type ModelInfo, openModel, type Prompt, type TokenText, UnmaskError } from '../library/node';
import { EXIT, runToExit, standWhereStarted, UsageError } from './command';
import { GENERATE_HELP, type GenerateOptions, readGenerateOptions } from './generate-options';
import { jsonOutput, textOutput } from './generation-output';
import { stopOnInterrupt } from './interrupt';

/** `npm run generate`, and `unmask` of the package: see `--help`. Returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const options = readGenerateOptions(args);
  if (options === 'help') {
    process.stdout.write(GENERATE_HELP);
    return EXIT.done;
  }
  standWhereStarted();
  const abort = new AbortController();
  stopOnInterrupt(abort);
  await write(options, abort.signal).catch(blameOptions);
  return abort.signal.aborted ? EXIT.interrupted : EXIT.done;
}

/** What the model cannot be asked for was asked for by an option. */
function blameOptions(error: unknown): never {
  throw error instanceof UnmaskError && error.code === 'bad-input' ? new UsageError(error.message) : error;
}

async function write(options: GenerateOptions, signal: AbortSignal): Promise<void> {
  const { backend, context, settings } = options;
  const firstText = { prompt: promptOf(options), options: settings };
  const model = await openModel(options.model, { backend, context, signal, firstText });
  const { info } = model;
  if (settings.ending === 'sentence' && !info.hasTokenizer) {
    throw new UnmaskError('bad-input', 'This model has no tokenizer and writes ids, which end no sentence.');
  }
  const prompt = await promptTokens(options, model);
  warnOfContext(prompt.length, options, info);
  const generation = model.generate({ ids: prompt.map(({ id }) => id) }, { ...settings, signal });
  const told = { info, settings: generation.settings, prompt, showsPrompt: !options.chat };
  const output = options.json ? jsonOutput(told, process.stdout) : textOutput(told, process.stdout, process.stderr);
  const began = performance.now();
  try {
    for await (const event of generation) output.take(event);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  output.finish({ seconds: (performance.now() - began) / 1000, stopped: signal.aborted });
}

function promptOf({ prompt, chat }: GenerateOptions): Prompt {
  return chat && typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
}

/** The tokens that a text goes on from: BOS, where the model has one, stands before a text. */
async function promptTokens(options: GenerateOptions, model: Model): Promise<readonly TokenText[]> {
  const prompt = promptOf(options);
  const { bosId } = model.info;
  const bos = typeof prompt === 'string' && bosId !== null ? await model.tokenize({ ids: [bosId] }) : [];
  return [...bos, ...(await model.tokenize(prompt))];
}

/** Says on stderr what a person would not expect of the context. */
function warnOfContext(promptTokens: number, { context }: GenerateOptions, { contextLength }: ModelInfo): void {
  if (context !== undefined && context > contextLength) {
    process.stderr.write(`This model's longest context is ${contextLength} tokens: --context ${context} is no more.\n`);
  }
  if (promptTokens > contextLength) {
    process.stderr.write(
      `The prompt has ${promptTokens} tokens, and the model sees ${contextLength} at a time: the first ${promptTokens - contextLength} were left out.\n`,
    );
  }
}

await runToExit(main);
