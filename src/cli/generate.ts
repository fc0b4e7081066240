import { setImmediate as nextTurn } from 'node:timers/promises';
import { createBackend } from '../backends/choose-backend';
import { checkRequest } from '../engine/check-request';
import { generate } from '../engine/generate';
import type { GenerationRequest } from '../engine/generation';
import { policyNamed } from '../engine/reveal-policies';
import { UnmaskError } from '../errors';
import { createTokenizer, type Tokenizer } from '../tokenizer/tokenizer';
import type { ModelConfig } from '../weights/model-config';
import { readTokenizerFiles } from '../weights/tokenizer-files';
import { EXIT, report } from './command';
import { GENERATE_HELP, type GenerateOptions, readGenerateOptions } from './generate-options';
import { jsonOutput, textOutput } from './generation-output';
import { openModelFolder } from './model-folder';
import { nodeGpu } from './node-gpu';

/** `npm run generate`: see `--help`. Returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const options = readGenerateOptions(args);
  if (options === 'help') {
    process.stdout.write(GENERATE_HELP);
    return EXIT.done;
  }
  const abort = new AbortController();
  stopOnInterrupt(abort);
  await write(options, abort.signal);
  return abort.signal.aborted ? EXIT.interrupted : EXIT.done;
}

/** How long, in ms, the same Ctrl-C may come in again: npm passes on what the terminal has already sent. */
const SAME_INTERRUPT = 500;

/** Ctrl-C ends the text after the pass in flight; a second one ends the process at once. */
function stopOnInterrupt(abort: AbortController): void {
  let first = Number.POSITIVE_INFINITY;
  process.on('SIGINT', () => {
    if (performance.now() - first > SAME_INTERRUPT) process.exit(EXIT.interrupted);
    first = Math.min(first, performance.now());
    abort.abort();
  });
}

async function write(options: GenerateOptions, signal: AbortSignal): Promise<void> {
  const source = await openModelFolder(options.model);
  const tokenizerFiles = await readTokenizerFiles(source, signal);
  const tokenizer = tokenizerFiles && createTokenizer(...tokenizerFiles);
  const request = requestOf(options, source.config, tokenizer);
  // Before the load, which takes long.
  checkRequest(request, source.config);
  const backend = await createBackend(source, options.backend, await gpuFor(options.backend), signal);
  const told = { backend, dtype: source.manifest.dtype, tokenizer, request };
  const output = options.json ? jsonOutput(told, process.stdout) : textOutput(told, process.stdout, process.stderr);
  const began = performance.now();
  for await (const event of generate(backend, request, signal)) {
    output.take(event);
    // The wasm backend never leaves the microtask queue: without this, Ctrl-C would come after the text.
    await nextTurn();
  }
  output.finish((performance.now() - began) / 1000);
}

/** Dawn, but not for the wasm backend, which needs no driver and is not to fail with one. */
async function gpuFor(choice: GenerateOptions['backend']): Promise<GPU | undefined> {
  if (choice === 'wasm') return undefined;
  try {
    return await nodeGpu();
  } catch (error) {
    if (choice === 'auto') return undefined;
    throw new UnmaskError('no-webgpu', `WebGPU does not start here: ${error}. Use --backend wasm.`);
  }
}

function requestOf(options: GenerateOptions, config: ModelConfig, tokenizer: Tokenizer | null): GenerationRequest {
  const { maxTokens, threshold, temperature, topP } = options;
  const blockSize = options.blockSize ?? config.defaultBlockSize;
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
  return {
    promptIds: promptIdsOf(options.prompt, config, tokenizer),
    blockSize,
    maxTokens,
    policy: policyNamed(options.policy, { steps: options.steps ?? blockSize, threshold }),
    sampling: { temperature, topP, seed },
  };
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

// A reader such as `head` may leave before the end.
process.stdout.on('error', () => process.exit(EXIT.failed));
const status = await main(process.argv.slice(2)).catch(report);
await new Promise((resolve) => process.stdout.write('', resolve));
// Dawn and onnxruntime keep the process alive.
process.exit(status);
