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
  const has = (path: string) => source.manifest.files.some((file) => file.path === path);
  if (!has(MODEL_FILES.tokenizer)) return null;
  const json = await source.read(MODEL_FILES.tokenizer, signal);
  if (!has(MODEL_FILES.tokenizerConfig)) return [json];
  return [json, await source.read(MODEL_FILES.tokenizerConfig, signal)];
}
