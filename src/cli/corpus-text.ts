import { ringSize } from '../backends/backend';
import type { ScoredText } from '../engine/nelbo';
import { UnmaskError } from '../errors';
import type { ModelConfig } from '../model/format/model-config';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { documentHead, type TrainingDocument } from './documents';

/** A document as a text to score. */
export interface CorpusText extends ScoredText {
  /** Of UTF-8, that the scored ids spell. */
  readonly bytes: number;
}

/**
 * A document's ids as `training/prepare.py` makes them, cut to the context length (in whole blocks): BOS,
 * which is given, head and text, and the EOS that ends it. Throws `bad-input` for a model without such ids.
 */
export function corpusText(
  document: TrainingDocument,
  tokenizer: Tokenizer,
  config: ModelConfig,
  blockSize: number,
): CorpusText {
  const { bosId, eosId } = config;
  if (bosId === null || eosId === null) {
    throw new UnmaskError('bad-input', 'This model has no ids that begin and end a document: it cannot score one.');
  }
  const whole = [bosId, ...tokenizer.encode(documentHead(document) + document.text), eosId];
  const ids = whole.slice(0, ringSize(config, blockSize));
  return { ids, given: 1, blockSize, bytes: tokenizer.countBytes(ids.slice(1)) };
}
