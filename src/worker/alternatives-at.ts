import { alternatives } from '../engine/alternatives';
import type { AlternativeToken, PlaceInText } from '../library/texts';
import { lastBlockStart } from '../network/model-config';
import { openingOf } from './opening';
import { textAlone, type Writer } from './write-text';

/** How many a person is shown. */
const ALTERNATIVES = 5;

/** What else could have stood at a place, by falling probability. As `LoadedModel.alternatives`. */
export async function alternativesAt(
  writer: Pick<Writer, 'backend' | 'tokenizer' | 'template'>,
  { draft, offset, ...opening }: PlaceInText,
  signal: AbortSignal,
): Promise<AlternativeToken[]> {
  const { ids, anchor, writtenFrom } = openingOf(opening, writer);
  const start = lastBlockStart(writer.backend.config, draft.length, ids.length, anchor);
  const before = ids.slice(0, start) as number[];
  const found = await alternatives(writer.backend, { before, writtenFrom, draft, offset }, ALTERNATIVES, signal);
  return found.map(({ id, probability }) => ({ id, probability, text: textAlone(id, writer.tokenizer) }));
}
