import type { ScoredText } from '../engine/nelbo';
import { UnmaskError } from '../errors';
import { type ModelConfig, ringSize } from '../network/model-config';
import type { ChatTemplate } from '../tokenizer/chat-template';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { documentHead, type Exchange, type TrainingDocument } from './documents';

/** A document as a text to score. */
export interface CorpusText extends ScoredText {
  /** Of UTF-8, that the scored ids spell. */
  readonly bytes: number;
}

/**
 * A document's ids as `training/prepare.py` makes them, cut to the context length (in whole blocks): BOS, head and
 * text, and the EOS that ends it. The first id, which is BOS where the model has one, is given and not scored.
 */
export function corpusText(
  document: TrainingDocument,
  tokenizer: Tokenizer,
  config: ModelConfig,
  blockSize: number,
): CorpusText {
  const { bosId, stopIds } = config;
  const encoded = tokenizer.encode(documentHead(document) + document.text);
  const whole = [...(bosId === null ? [] : [bosId]), ...encoded, ...stopIds.slice(0, 1)];
  const ids = whole.slice(0, ringSize(config, blockSize));
  return { ids, given: 1, blockSize, bytes: tokenizer.countBytes(ids.slice(1)) };
}

/**
 * An answer's ids after the conversation that asks for it, by the model's chat template, and the id that ends it; cut
 * to the context length (in whole blocks). The conversation is given. Throws `bad-input` where it alone fills that.
 */
export function exchangeText(
  { prompt, text }: Exchange,
  tokenizer: Tokenizer,
  template: ChatTemplate,
  config: ModelConfig,
  blockSize: number,
): CorpusText {
  const given = template.encode([{ role: 'user', content: prompt }], tokenizer, config.chatVariables);
  const whole = [...given, ...tokenizer.encode(text), ...config.stopIds.slice(0, 1)];
  const ids = whole.slice(0, ringSize(config, blockSize));
  if (ids.length <= given.length) {
    throw new UnmaskError(
      'bad-input',
      `The prompt "${prompt.slice(0, 40)}…" leaves no room for its answer. Shorten it.`,
    );
  }
  return { ids, given: given.length, blockSize, bytes: tokenizer.countBytes(ids.slice(given.length)) };
}
