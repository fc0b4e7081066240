import type { Prompt, TokenText } from '../library/texts';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { conversationIds } from './opening';
import type { Writer } from './write-text';

/** As `LoadedModel.tokenize`. Throws `bad-input` for a conversation with a model that has no template. */
export function tokensOf(text: Prompt, writer: Pick<Writer, 'backend' | 'tokenizer' | 'template'>): TokenText[] {
  return tokenTexts(idsOf(text, writer), writer.tokenizer);
}

/** The tokens of a text; of a character that several share the last one has all of it. */
export function tokenTexts(ids: readonly number[], tokenizer: Tokenizer): TokenText[] {
  const decoder = tokenizer.stream();
  const texts = decoder.push(ids);
  if (texts.length > 0) texts.push(texts.pop()! + decoder.flush());
  return ids.map((id, index) => ({ id, text: texts[index]! }));
}

/** Ids of a text without what stands before it, or of a conversation by the model's template. */
export function idsOf(text: Prompt, writer: Pick<Writer, 'backend' | 'tokenizer' | 'template'>): readonly number[] {
  if (typeof text === 'string') return writer.tokenizer.encode(text);
  return 'ids' in text ? text.ids : conversationIds(text, writer);
}
