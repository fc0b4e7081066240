import { type ModelInfo, type Prompt, type TokenIds, UnmaskError } from '../library/node';
import { documentHead, type Exchange, isExchange, type TrainingDocument } from './documents';

/** A document as a text to score. */
export interface CorpusText {
  readonly before: TokenIds;
  readonly text: TokenIds;
}

/** What a corpus is scored with. */
export interface CorpusModel {
  readonly info: Pick<ModelInfo, 'bosId' | 'stopIds' | 'contextLength'>;
  readonly blockSize: number;
  readonly idsOf: (text: Prompt) => Promise<readonly number[]>;
}

/**
 * A document's ids as `training/prepare.py` makes them: BOS, head and text, and the EOS that ends it. The first id, which
 * is BOS where the model has one, is given. Or an answer's ids after the conversation that asks for it, by the model's
 * chat template, and the id that ends it; the conversation is given. Cut to the context length, in whole blocks. Throws
 * `bad-input` where nothing is left to score.
 */
export async function corpusText(document: TrainingDocument | Exchange, model: CorpusModel): Promise<CorpusText> {
  const { bosId, stopIds, contextLength } = model.info;
  if (document.text === '' && isExchange(document)) {
    throw new UnmaskError('bad-input', `The answer to "${document.prompt.slice(0, 40)}" is empty. Leave it out.`);
  }
  const given = isExchange(document) ? await model.idsOf([{ role: 'user', content: document.prompt }]) : [];
  const bos = isExchange(document) || bosId === null ? [] : [bosId];
  const text = isExchange(document) ? document.text : documentHead(document) + document.text;
  const whole = [...given, ...bos, ...(await model.idsOf(text)), ...stopIds.slice(0, 1)];
  const ids = whole.slice(0, Math.floor(contextLength / model.blockSize) * model.blockSize);
  const scoredFrom = Math.max(given.length, 1);
  if (ids.length > scoredFrom)
    return { before: { ids: ids.slice(0, scoredFrom) }, text: { ids: ids.slice(scoredFrom) } };
  const name = isExchange(document) ? document.prompt : document.title;
  throw new UnmaskError('bad-input', `"${name.slice(0, 40)}…" leaves no room for a text to score. Shorten it.`);
}
