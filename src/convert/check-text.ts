import { MODEL_FILES } from '../model/format/manifest';
import { createChatTemplate } from '../tokenizer/chat-template';
import { createTokenizer } from '../tokenizer/tokenizer';
import type { ConversionPlan } from './conversion-plan';

/**
 * Throws `bad-model` for tokenizer and template files that no model could be used with later. A plan without a
 * tokenizer has none: such a model runs on ids.
 */
export function checkText({ config, small }: Pick<ConversionPlan, 'config' | 'small'>): void {
  const json = small.get(MODEL_FILES.tokenizer);
  const tokenizerConfig = small.get(MODEL_FILES.tokenizerConfig);
  if (json) createTokenizer(config.vocabSize, json, tokenizerConfig);
  createChatTemplate({
    jinja: small.get(MODEL_FILES.chatTemplate),
    json: small.get(MODEL_FILES.chatTemplateJson),
    tokenizerConfig,
  });
}
