import { setImmediate as nextTurn } from 'node:timers/promises';
import { policyNamed } from '../backends/reveal-policies';
import { checkRequest } from '../engine/check-request';
import { generate } from '../engine/generate';
import type { GenerationRequest } from '../engine/generation';
import { UnmaskError } from '../errors';
import { type ModelSource, withContext } from '../model/source/model-source';
import { readChatTemplateFiles } from '../model/source/tokenizer-files';
import { type ModelConfig, subBlockSizeFor } from '../network/model-config';
import { createChatTemplate } from '../tokenizer/chat-template';
import { SENTENCE_ROOM, sentenceEnding } from '../tokenizer/sentence-end';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { openBackend } from './backend-choice';
import { EXIT, runToExit, standWhereStarted } from './command';
import { GENERATE_HELP, type GenerateOptions, readGenerateOptions } from './generate-options';
import { jsonOutput, textOutput } from './generation-output';
import { stopOnInterrupt } from './interrupt';
import { openModelFolder, openTokenizer } from './model-folder';

/** `npm run generate`: see `--help`. Returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const options = readGenerateOptions(args);
  if (options === 'help') {
    process.stdout.write(GENERATE_HELP);
    return EXIT.done;
  }
  standWhereStarted();
  const abort = new AbortController();
  stopOnInterrupt(abort);
  await write(options, abort.signal);
  return abort.signal.aborted ? EXIT.interrupted : EXIT.done;
}

async function write(options: GenerateOptions, signal: AbortSignal): Promise<void> {
  const whole = await openModelFolder(options.model);
  const tokenizer = await openTokenizer(whole, signal);
  const promptIds = options.chat
    ? await chatIdsOf(options, whole, tokenizer, signal)
    : promptIdsOf(options.prompt, whole.config, tokenizer);
  const length = lengthOf(options, tokenizer);
  const source = withContext(whole, options.context ?? contextFor(promptIds.length + length.maxTokens, whole.config));
  warnOfContext(promptIds.length, options, source.config);
  const request = { ...requestOf(options, source.config, promptIds), ...length };
  // Before the load, which takes long.
  checkRequest(request, source.config);
  const backend = await openBackend(source, options.backend, signal);
  const told = { backend, dtype: source.manifest.dtype, tokenizer, request, showsPrompt: !options.chat };
  const output = options.json ? jsonOutput(told, process.stdout) : textOutput(told, process.stdout, process.stderr);
  const began = performance.now();
  for await (const event of generate(backend, request, signal)) {
    output.take(event);
    // The wasm backend never leaves the microtask queue: without this, Ctrl-C would come after the text.
    await nextTurn();
  }
  output.finish((performance.now() - began) / 1000);
}

/** The model's usual context, or what a longer text takes. */
function contextFor(tokens: number, { contextLength, defaultBlockSize }: ModelConfig): number {
  return Math.max(contextLength, Math.ceil(tokens / defaultBlockSize) * defaultBlockSize);
}

/** Says on stderr what a person would not expect of the context. */
function warnOfContext(promptTokens: number, { context }: GenerateOptions, { contextLength }: ModelConfig): void {
  if (context !== undefined && context > contextLength) {
    process.stderr.write(`This model's longest context is ${contextLength} tokens: --context ${context} is no more.\n`);
  }
  if (promptTokens > contextLength) {
    process.stderr.write(
      `The prompt has ${promptTokens} tokens, and one sees at most ${contextLength} others: the beginning is out of view.\n`,
    );
  }
}

function requestOf(options: GenerateOptions, config: ModelConfig, promptIds: readonly number[]) {
  const { entropyBound, temperature, topP } = options;
  const { decoding } = config;
  const policy = options.policy ?? decoding.policy;
  const threshold = options.threshold ?? decoding.threshold;
  const blockSize = options.blockSize ?? config.defaultBlockSize;
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
  return {
    promptIds,
    blockSize,
    policy: policyNamed(policy, { steps: options.steps ?? blockSize, threshold, entropyBound }),
    subBlockSize: options.subBlockSize ?? subBlockSizeFor(decoding, blockSize),
    sampling: { temperature, topP, seed },
  } satisfies Omit<GenerationRequest, 'maxTokens'>;
}

/** How many tokens are written, and where the text may end. */
function lengthOf({ maxTokens, finishSentence }: GenerateOptions, tokenizer: Tokenizer | null) {
  if (!finishSentence) return { maxTokens };
  if (!tokenizer) {
    throw new UnmaskError('bad-input', 'This model has no tokenizer and writes ids, which end no sentence.');
  }
  return { maxTokens: maxTokens + SENTENCE_ROOM, ending: sentenceEnding(tokenizer, maxTokens) };
}

async function chatIdsOf(
  { prompt }: GenerateOptions,
  source: ModelSource,
  tokenizer: Tokenizer | null,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const template = createChatTemplate(await readChatTemplateFiles(source, signal));
  if (!template || !tokenizer || !('text' in prompt)) {
    throw new UnmaskError(
      'bad-input',
      'This model has no chat template: it only continues text. Write without --chat.',
    );
  }
  return template.encode([{ role: 'user', content: prompt.text }], tokenizer, source.config.chatVariables);
}

function promptIdsOf(
  prompt: GenerateOptions['prompt'],
  { bosId }: ModelConfig,
  tokenizer: Tokenizer | null,
): readonly number[] {
  if ('ids' in prompt) return prompt.ids;
  if (!tokenizer) {
    throw new UnmaskError('bad-input', 'This model has no tokenizer and runs on ids alone: use --prompt-ids.');
  }
  return [...(bosId === null ? [] : [bosId]), ...tokenizer.encode(prompt.text)];
}

await runToExit(main);
