import type { AlternativeToken } from '../../library/unmask';
import type { EditPlace } from '../editing/editing';
import type { Token } from './story';
import type { AlternativesShown } from './use-alternatives';
import type { Tip } from './use-token-tip';

interface Props {
  readonly tip: Pick<Tip, 'about' | 'block' | 'steps'>;
  readonly alternatives: AlternativesShown;
  /** What a person has made of its place, while the block is edited. */
  readonly place?: EditPlace | undefined;
  /** Where one of the alternatives can be put in the token's place. */
  readonly onChoose?: ((token: AlternativeToken) => void) | undefined;
}

/** How many alternatives there are, for the room to keep while they come. */
const COUNT = 5;

/** What stands in a place, how sure the model was of it, when it was uncovered, and what else could have stood there. */
export function TokenFacts({ tip: { about, block, steps }, alternatives, place, onChoose }: Props) {
  const now = tokenNow(about, place);
  return (
    <>
      <p className="tip-head" aria-hidden="true">
        {place?.kind === 'typed' ? (
          <>
            <q>{shownText(place.token.text)}</q> chosen by you
          </>
        ) : (
          <>
            <q>{shownText(about.text)}</q> {STATES[place?.kind ?? 'as it is']}probability{' '}
            <strong>{percent(about.probability ?? 0)}</strong>
          </>
        )}
      </p>
      <p aria-hidden="true">
        {place?.kind === 'typed' ? (
          <>
            In place of <q>{shownText(about.text)}</q>, probability {percent(about.probability ?? 0)}
          </>
        ) : (
          `Step ${(about.step ?? 0) + 1} of ${steps}, block ${block + 1}`
        )}
      </p>
      <AlternativeList about={about} now={now} alternatives={alternatives} onChoose={onChoose} />
      <p className="visually-hidden" role="status">
        {sentence({ about, block, steps }, now, place, alternatives)}
      </p>
    </>
  );
}

/** What is said of a place between its token and the probability. */
const STATES: Readonly<Record<Exclude<EditPlace['kind'], 'typed'>, string>> = {
  'as it is': '',
  kept: 'kept by you, ',
  masked: 'to be rewritten, ',
};

/** The id of what stands there now; null for a place that is to be rewritten. */
function tokenNow(about: Token, place: EditPlace | undefined): number | null {
  if (place?.kind === 'masked') return null;
  return place?.kind === 'typed' ? place.token.id : about.id;
}

type ListProps = Pick<Props, 'alternatives' | 'onChoose'> & { readonly about: Token; readonly now: number | null };

function AlternativeList({ about, now, alternatives, onChoose }: ListProps) {
  if (alternatives === 'later') {
    return (
      <p className="tip-later" aria-hidden="true">
        Alternatives are shown once nothing is being written.
      </p>
    );
  }
  const rows = alternatives === 'coming' ? [] : rowsOf(about, alternatives);
  return (
    <ol
      className="alternatives"
      aria-label={onChoose ? 'Use one of these instead' : undefined}
      aria-hidden={!onChoose}
      data-coming={alternatives === 'coming' || undefined}
    >
      {rows.map((row) => (
        <li key={row.id} data-chosen={row.id === now || undefined} style={{ '--share': row.probability }}>
          {onChoose && row.id !== now ? (
            <button type="button" title="Use this instead" onClick={() => onChoose(row)}>
              <Row {...row} />
            </button>
          ) : (
            <Row {...row} />
          )}
        </li>
      ))}
      {Array.from({ length: Math.max(0, COUNT - rows.length) }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: empty rows are all the same
        <li key={row}>{'\u00a0'}</li>
      ))}
    </ol>
  );
}

function Row({ text, probability }: AlternativeToken) {
  return (
    <>
      <span>{shownText(text)}</span>
      <span>{percent(probability)}</span>
    </>
  );
}

/** The alternatives, and the token itself after them where it is none of the likeliest. */
function rowsOf(about: Token, alternatives: readonly AlternativeToken[]): readonly AlternativeToken[] {
  const { id, text, probability } = about;
  if (id === null || alternatives.some((other) => other.id === id)) return alternatives;
  return [...alternatives, { id, text, probability: probability ?? 0 }];
}

/** All of it for a screen reader, once there is something to say. */
function sentence(
  { about, block, steps }: Props['tip'],
  now: number | null,
  place: EditPlace | undefined,
  alternatives: AlternativesShown,
): string {
  if (alternatives === 'coming') return '';
  const probability = `probability ${percent(about.probability ?? 0)}, step ${(about.step ?? 0) + 1} of ${steps} in block ${block + 1}`;
  const facts =
    place?.kind === 'typed'
      ? `${quoted(place.token.text)}: chosen by you in place of ${quoted(about.text)}, ${probability}`
      : `${quoted(about.text)}: ${STATES[place?.kind ?? 'as it is']}${probability}`;
  if (alternatives === 'later') return `${facts}.`;
  const others = rowsOf(about, alternatives).filter(({ id }) => id !== now);
  return `${facts}; alternatives: ${others.map(({ text, probability }) => `${quoted(text)} ${percent(probability)}`).join(', ')}.`;
}

/** Without the marks a comma among others would not be heard as one. */
function quoted(text: string): string {
  return text.trim() ? `“${text.trim()}”` : shownText(text);
}

/** A token's text so that it can be seen. */
export function shownText(text: string): string {
  const word = text.trim();
  if (word) return word;
  if (text.includes('\n')) return 'a line break';
  return text === '' ? 'the end, or part of a character' : 'a space';
}

function percent(probability: number): string {
  const value = probability * 100;
  return `${value < 0.1 ? '< 0.1' : value.toFixed(value < 10 ? 1 : 0)} %`;
}
