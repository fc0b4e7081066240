import type { ModelInfo } from '../library/models';
import type { GenerateSettings, Prompt, TextStart, WritingOptions } from '../library/texts';

/** All that a text is written under, where what is left out is the model's own or the usual. */
export function completeSettings(
  prompt: Prompt,
  options: WritingOptions,
  { defaultBlockSize, decoding }: Pick<ModelInfo, 'defaultBlockSize' | 'decoding'>,
): GenerateSettings {
  const blockSize = options.blockSize ?? defaultBlockSize;
  return {
    ...startOf(prompt),
    after: options.after ?? [],
    blockSize,
    maxTokens: options.maxTokens ?? 128,
    policy: options.policy ?? decoding.policy,
    steps: options.steps ?? blockSize,
    threshold: options.threshold ?? decoding.threshold,
    entropyBound: options.entropyBound ?? 0.5,
    subBlockSize: options.subBlockSize,
    temperature: options.temperature ?? 0.8,
    topP: options.topP ?? 0.95,
    seed: options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!,
    ending: options.ending,
  };
}

/** A prompt, in fields. */
export function startOf(prompt: Prompt): TextStart {
  // The worker refuses what is neither.
  if (typeof prompt !== 'object' || prompt === null) return { prompt };
  return 'ids' in prompt ? { prompt: '', promptIds: prompt.ids } : { prompt: '', messages: prompt };
}
