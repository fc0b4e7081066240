import { createBackend } from '../backends/choose-backend';
import { UnmaskError } from '../errors';
import { createTokenizer, type Tokenizer } from '../tokenizer/tokenizer';
import type { ModelSource } from '../weights/model-source';
import { openModelUrl } from '../weights/model-url';
import { readTokenizerFiles } from '../weights/tokenizer-files';
import type { OpenModel } from './loaded-model';
import { writeText } from './write-text';

/** Downloads a model folder and puts it on a backend. */
export const openModel: OpenModel = async (modelUrl, choice, { signal, onProgress }) => {
  const source = await openModelUrl(modelUrl, { signal, onProgress });
  const tokenizer = await tokenizerOf(source, signal);
  const backend = await createBackend(source, choice, navigator.gpu, signal);
  const { manifest, config } = source;
  return {
    info: {
      name: manifest.name,
      licence: manifest.licence,
      parameters: manifest.parameters,
      dtype: manifest.dtype,
      contextLength: config.contextLength,
      blockSizes: config.blockSizes,
      defaultBlockSize: config.defaultBlockSize,
      backend: backend.name,
      adapter: backend.adapter,
    },
    write: (settings, abort) => writeText(backend, tokenizer, settings, abort),
    dispose: () => backend.dispose(),
  };
};

async function tokenizerOf(source: ModelSource, signal: AbortSignal): Promise<Tokenizer> {
  const files = await readTokenizerFiles(source, signal);
  if (files) return createTokenizer(...files);
  throw new UnmaskError('bad-model', 'This model has no tokenizer, so the page cannot show its text.');
}
