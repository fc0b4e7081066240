import type { Backend } from '../backends/backend';
import { createBackend } from '../backends/choose-backend';
import { UnmaskError } from '../errors';
import { type ModelSource, withContext } from '../model/source/model-source';
import { readChatTemplateFiles, readTokenizerFiles } from '../model/source/tokenizer-files';
import { createChatTemplate } from '../tokenizer/chat-template';
import { createTokenizer, type Tokenizer } from '../tokenizer/tokenizer';
import { alternativesAt } from './alternatives-at';
import type { LoadedModel, OpenOptions } from './loaded-model';
import { factsOf } from './model-facts';
import type { BackendChoice, ModelInfo } from './protocol';
import { raceTexts } from './race-texts';
import { readText } from './read-text';
import { textAlone, writeText } from './write-text';

/** A model folder, and what is known of where it lies. */
export interface FoundModel extends Pick<ModelInfo, 'origin' | 'keptId'> {
  readonly source: ModelSource;
}

/** Puts a model on a backend. Throws as `Models.open`. */
export async function openModel(
  { source: whole, origin, keptId }: FoundModel,
  choice: BackendChoice,
  { signal, contextShare, onDeviceLost }: OpenOptions,
): Promise<LoadedModel> {
  const { contextLength, blockSizes } = whole.config;
  const source = withContext(whole, Math.max(Math.floor(contextShare * contextLength), ...blockSizes));
  const tokenizer = await tokenizerOf(source, signal);
  const template = createChatTemplate(await readChatTemplateFiles(source, signal));
  const backend = await createBackend(source, choice, navigator.gpu, signal, onDeviceLost);
  const { config } = source;
  return {
    info: {
      ...factsOf(source),
      origin,
      keptId,
      contextLength: config.contextLength,
      kvBytesPerToken: backend.kvBytesPerToken,
      defaultBlockSize: config.defaultBlockSize,
      singlePasses: config.network.predicts === 'next' ? 1 : 2,
      backend: backend.name,
      adapter: backend.adapter,
      chat: template !== null,
      decoding: config.decoding,
    },
    write(settings, report, abort) {
      const began = performance.now();
      const seconds = () => (performance.now() - began) / 1000;
      return writeText({ backend, tokenizer, template, report, seconds }, settings, abort);
    },
    async *race(settings, report, abort) {
      const forks: Backend[] = [];
      try {
        while (forks.length < settings.length - 1) forks.push(await backend.fork());
        const writers = [backend, ...forks].map((each) => ({ backend: each, tokenizer, template, report }));
        yield* raceTexts(writers, settings, abort);
      } finally {
        for (const fork of forks) fork.dispose();
      }
    },
    read: (request, abort) => readText({ backend, tokenizer }, request, abort),
    alternatives: (place, abort) => alternativesAt({ backend, tokenizer, template }, place, abort),
    tokenize: (text) => tokenizer.encode(text).map((id) => ({ id, text: textAlone(id, tokenizer) })),
    dispose: () => backend.dispose(),
  };
}

async function tokenizerOf(source: ModelSource, signal: AbortSignal): Promise<Tokenizer> {
  const files = await readTokenizerFiles(source, signal);
  if (files) return createTokenizer(source.config.vocabSize, ...files);
  throw new UnmaskError('bad-model', 'This model has no tokenizer, so the page cannot show its text.');
}
