import { MODEL_FILES } from '../format/manifest';
import type { ModelSource } from './model-source';

/**
 * The bytes of `tokenizer.json` and, where the model has it, `tokenizer_config.json`; null for a model
 * without a tokenizer. Throws what `source.read` throws.
 */
export async function readTokenizerFiles(
  source: ModelSource,
  signal?: AbortSignal,
): Promise<readonly [json: Uint8Array, config?: Uint8Array] | null> {
  const json = await readIfListed(source, MODEL_FILES.tokenizer, signal);
  const config = await readIfListed(source, MODEL_FILES.tokenizerConfig, signal);
  if (!json) return null;
  return config ? [json, config] : [json];
}

/** The bytes of the files that can hold a chat template. Throws what `source.read` throws. */
export async function readChatTemplateFiles(source: ModelSource, signal?: AbortSignal) {
  return {
    jinja: await readIfListed(source, MODEL_FILES.chatTemplate, signal),
    json: await readIfListed(source, MODEL_FILES.chatTemplateJson, signal),
    tokenizerConfig: await readIfListed(source, MODEL_FILES.tokenizerConfig, signal),
  };
}

async function readIfListed(source: ModelSource, path: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  return source.manifest.files.some((file) => file.path === path) ? source.read(path, signal) : undefined;
}
