import type { Backend } from '../backends/backend';
import { createBackend } from '../backends/choose-backend';
import { policiesOf } from '../backends/reveal-policies';
import { checkRequest } from '../engine/check-request';
import type { BackendChoice, ModelInfo } from '../library/models';
import { type ModelSource, withContext } from '../model/source/model-source';
import { readChatTemplateFiles, readTokenizerFiles } from '../model/source/tokenizer-files';
import type { ModelConfig } from '../network/model-config';
import { createChatTemplate } from '../tokenizer/chat-template';
import { NO_TOKENIZER } from '../tokenizer/no-tokenizer';
import { createTokenizer } from '../tokenizer/tokenizer';
import { alternativesAt } from './alternatives-at';
import { completeSettings } from './complete-settings';
import { requestOf } from './generation-request';
import type { LoadedModel, OpenOptions } from './loaded-model';
import { factsOf } from './model-facts';
import { openingOf } from './opening';
import { raceTexts } from './race-texts';
import { readText } from './read-text';
import { tokensOf } from './tokens-of';
import { type Writer, writeText } from './write-text';

/** A model folder, and what is known of where it lies. */
export interface FoundModel extends Pick<ModelInfo, 'origin' | 'keptId'> {
  readonly source: ModelSource;
}

/** Which backend is asked for, and the WebGPU that there is. */
export interface Device {
  readonly choice: BackendChoice;
  readonly gpu: GPU | undefined;
}

/** Puts a model on a backend. Throws as `Models.open`. */
export async function openModel(
  { source: whole, origin, keptId }: FoundModel,
  { choice, gpu }: Device,
  { signal, context, firstText, onDeviceLost, onCompiled }: OpenOptions,
): Promise<LoadedModel> {
  const files = await readTokenizerFiles(whole, signal);
  const tokenizer = files ? createTokenizer(whole.config.vocabSize, ...files) : NO_TOKENIZER;
  const template = createChatTemplate(await readChatTemplateFiles(whole, signal));
  const texts = { tokenizer, template };
  const tokens = firstText ? tokensFor(firstText, whole.config, texts) : 0;
  const source = withContext(whole, contextTokens(context, whole.config, tokens));
  const backend = await createBackend(source, choice, gpu, { signal, onLost: onDeviceLost, onCompiled });
  const { config } = source;
  return {
    info: {
      ...factsOf(source),
      origin,
      keptId,
      contextLength: config.contextLength,
      kvBytesPerToken: backend.kvBytesPerToken,
      defaultBlockSize: config.defaultBlockSize,
      policies: policiesOf(config.network),
      singlePasses: config.network.predicts === 'next' ? 1 : 2,
      backend: backend.name,
      adapter: backend.adapter,
      chat: template !== null,
      hasTokenizer: tokenizer !== NO_TOKENIZER,
      bosId: config.bosId,
      stopIds: config.stopIds,
      decoding: config.decoding,
    },
    write(settings, report, abort) {
      const began = performance.now();
      const seconds = () => (performance.now() - began) / 1000;
      return writeText({ backend, ...texts, report, seconds }, settings, abort);
    },
    async *race(settings, report, abort) {
      const forks: Backend[] = [];
      try {
        while (forks.length < settings.length - 1) forks.push(await backend.fork());
        const writers = [backend, ...forks].map((each) => ({ backend: each, ...texts, report }));
        yield* raceTexts(writers, settings, abort);
      } finally {
        for (const fork of forks) fork.dispose();
      }
    },
    read: (request, abort) => readText({ backend, ...texts }, request, abort),
    alternatives: (place, abort) => alternativesAt({ backend, ...texts }, place, abort),
    tokenize: (text) => tokensOf(text, { backend, ...texts }),
    dispose: () => backend.dispose(),
  };
}

/**
 * How many tokens a text will have at most, where there is all the context that it takes. Throws `bad-input` for one that
 * the model cannot write.
 */
function tokensFor(
  { prompt, options = {} }: NonNullable<OpenOptions['firstText']>,
  config: ModelConfig,
  texts: Pick<Writer, 'tokenizer' | 'template'>,
): number {
  const backend = { config: { ...config, contextLength: config.longestContext } };
  const settings = completeSettings(prompt, options, config);
  const { ids: promptIds, anchor } = openingOf(settings, { backend, ...texts });
  const start = { promptIds, anchor, left: settings.maxTokens };
  const request = requestOf(settings, start, { backend, tokenizer: texts.tokenizer, report: 'reveals' });
  checkRequest(request, config);
  return promptIds.length + request.maxTokens;
}

/** What was asked for; otherwise the usual, or as many whole blocks as take `tokens`. */
function contextTokens(context: OpenOptions['context'], config: ModelConfig, tokens: number): number {
  const { contextLength, blockSizes, defaultBlockSize } = config;
  if (typeof context === 'number') return context;
  if (context) return Math.max(Math.floor(context.share * contextLength), ...blockSizes);
  return Math.max(contextLength, Math.ceil(tokens / defaultBlockSize) * defaultBlockSize);
}
