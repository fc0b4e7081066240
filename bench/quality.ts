import type { Backend } from '../src/backends/backend';
import { createBackend } from '../src/backends/choose-backend';
import { policiesOf } from '../src/backends/reveal-policies';
import { EXIT, runToExit } from '../src/cli/command';
import { documentHead } from '../src/cli/documents';
import { checkBlockSize, checkCount } from '../src/engine/check-request';
import { generate } from '../src/engine/generate';
import type { GenerationRequest } from '../src/engine/generation';
import { blockNelbos } from '../src/engine/nelbo';
import { UnmaskError } from '../src/errors';
import { openModelFolder, openTokenizer } from '../src/library/model-folder';
import { gpuFor } from '../src/library/node-gpu';
import type { ModelSource } from '../src/model/source/model-source';
import { readChatTemplateFiles } from '../src/model/source/tokenizer-files';
import { createChatTemplate } from '../src/tokenizer/chat-template';
import type { Tokenizer } from '../src/tokenizer/tokenizer';
import { QUALITY_HELP, type QualityOptions, readQualityOptions } from './quality-options';
import { type QualityResult, type QualityText, ResultsFile } from './quality-results';
import {
  QUALITY_PROMPTS,
  QUALITY_SAMPLING,
  QUALITY_SETTINGS,
  type QualityPrompt,
  type QualitySetting,
} from './quality-settings';
import { distinctShare, repeatedShare } from './text-statistics';

/** `npm run quality`: see `--help`. Returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const options = readQualityOptions(args);
  if (options === 'help') {
    process.stdout.write(QUALITY_HELP);
    return EXIT.done;
  }
  await measureAll(options);
  return EXIT.done;
}

async function measureAll(options: QualityOptions): Promise<void> {
  checkCount('The number of tokens to write', options.maxTokens);
  checkCount('The number of samples', options.samples);
  const source = await openModelFolder(options.model);
  // Whatever wrote a text, it is scored as an autoregressive model would.
  checkBlockSize(1, source.config);
  const tokenizer = await openTokenizer(source);
  if (!tokenizer) throw new UnmaskError('bad-input', 'This model has no tokenizer, and the prompts are text.');
  const form = await promptForm(source, tokenizer);
  const results = new ResultsFile(options.out);
  const { blockSizes, network } = source.config;
  const policies = policiesOf(network);
  const settings = QUALITY_SETTINGS.filter(
    ({ policy, blockSize }) => policies.includes(policy.name) && blockSizes.includes(blockSize),
  );
  // Sample by sample, so that a run that was stopped has about as many texts of each setting.
  const texts = Array.from({ length: options.samples }, (_, sample) =>
    settings.map((setting) => ({ setting, text: textOf(setting, form, sample, options.maxTokens) })),
  ).flat();
  const missing = texts.filter(({ text }) => !results.has(text));
  process.stderr.write(`${texts.length} texts, ${texts.length - missing.length} of them in ${options.out}\n`);

  const backend = await createBackend(source, options.backend, await gpuFor(options.backend));
  for (const [index, { setting, text }] of missing.entries()) {
    const result = await measure(backend, tokenizer, setting, text, form.encode(text.prompt));
    results.append(result);
    const { policy, steps, threshold, entropyBound, block_size, passes_per_token, nats_per_token } = result;
    const what = [policy, steps ?? threshold ?? entropyBound, `block size ${block_size}`].filter(
      (part) => part !== undefined,
    );
    const rates = `${passes_per_token.toFixed(2)} passes and ${nats_per_token.toFixed(2)} nats a token`;
    process.stderr.write(`${index + 1} of ${missing.length}: ${what.join(' ')}, ${rates}\n`);
  }
}

/** How a model is asked for a text. */
interface PromptForm {
  word(asked: QualityPrompt): string;
  encode(prompt: string): readonly number[];
}

/** A user's turn where the model has a chat template, the head of a training document elsewhere. */
async function promptForm(source: ModelSource, tokenizer: Tokenizer): Promise<PromptForm> {
  const { bosId, chatVariables } = source.config;
  const template = createChatTemplate(await readChatTemplateFiles(source));
  if (!template) {
    return {
      word: documentHead,
      encode: (prompt) => [...(bosId === null ? [] : [bosId]), ...tokenizer.encode(prompt)],
    };
  }
  return {
    word: ({ kind, title }) => `Write a ${kind.toLowerCase()} called "${title}".`,
    encode: (prompt) => template.encode([{ role: 'user', content: prompt }], tokenizer, chatVariables),
  };
}

/** The text that a setting writes as a sample, counted from 0: its prompt and seed are those of every setting. */
function textOf(setting: QualitySetting, form: PromptForm, sample: number, maxTokens: number): QualityText {
  const { policy, blockSize } = setting;
  const { name, ...settings } = policy;
  const prompt = form.word(QUALITY_PROMPTS[sample % QUALITY_PROMPTS.length]!);
  return { policy: name, ...settings, block_size: blockSize, max_tokens: maxTokens, prompt, seed: sample + 1 };
}

async function measure(
  backend: Backend,
  tokenizer: Tokenizer,
  { policy, blockSize }: QualitySetting,
  text: QualityText,
  promptIds: readonly number[],
): Promise<QualityResult> {
  const sampling = { ...QUALITY_SAMPLING, seed: text.seed };
  const { ids, nfe } = await write(backend, { promptIds, blockSize, maxTokens: text.max_tokens, policy, sampling });
  const written = ids.slice(promptIds.length);
  return {
    ...text,
    text: tokenizer.decode(written),
    tokens: written.length,
    passes: nfe,
    passes_per_token: nfe / written.length,
    nats_per_token: (await surprisal(backend, ids, promptIds.length)) / written.length,
    distinct_1: distinctShare(written, 1),
    distinct_2: distinctShare(written, 2),
    distinct_3: distinctShare(written, 3),
    repetition_4: repeatedShare(written, 4),
  };
}

/** The ids of prompt and text, and the forward passes they took. */
async function write(backend: Backend, request: GenerationRequest): Promise<{ ids: readonly number[]; nfe: number }> {
  for await (const event of generate(backend, request, new AbortController().signal)) {
    if (event.type === 'end') return event;
  }
  throw new UnmaskError('internal', 'A generation stopped without an end.');
}

/** −log p(ids | the first `given` of them) at block size 1, where it is exact, in nats. */
async function surprisal(backend: Backend, ids: readonly number[], given: number): Promise<number> {
  let total = 0;
  const draws = { samples: 1, seed: 0, textNumber: 0 };
  for await (const nats of blockNelbos(backend, { ids, given, blockSize: 1 }, draws)) total += nats;
  return total;
}

await runToExit(main);
