import type { AlternativeToken } from '../../worker/protocol';
import type { Token } from './story';
import type { AlternativesShown } from './use-alternatives';
import type { Tip } from './use-token-tip';

interface Props {
  readonly tip: Pick<Tip, 'about' | 'block' | 'steps'>;
  readonly alternatives: AlternativesShown;
  /** Where one of the alternatives can be put in the token's place. */
  readonly onChoose?: ((token: AlternativeToken) => void) | undefined;
}

/** How many alternatives there are, for the room to keep while they come. */
const COUNT = 5;

/** How sure the model was of a token, when it was uncovered, and what else could have stood there. */
export function TokenFacts({ tip: { about, block, steps }, alternatives, onChoose }: Props) {
  const probability = about.probability ?? 0;
  return (
    <>
      <p className="tip-head" aria-hidden="true">
        <q>{shownText(about.text)}</q> probability <strong>{percent(probability)}</strong>
      </p>
      <p aria-hidden="true">
        Step {(about.step ?? 0) + 1} of {steps}, block {block + 1}
      </p>
      <AlternativeList about={about} alternatives={alternatives} onChoose={onChoose} />
      <p className="visually-hidden" role="status">
        {sentence({ about, block, steps }, alternatives)}
      </p>
    </>
  );
}

type ListProps = Pick<Props, 'alternatives' | 'onChoose'> & { readonly about: Token };

function AlternativeList({ about, alternatives, onChoose }: ListProps) {
  if (alternatives === 'later') {
    return (
      <p className="tip-later" aria-hidden="true">
        Alternatives are shown once nothing is being written.
      </p>
    );
  }
  const rows = alternatives === 'coming' ? [] : rowsOf(about, alternatives);
  return (
    <ol className="alternatives" aria-hidden={!onChoose} data-coming={alternatives === 'coming' || undefined}>
      {rows.map((row) => (
        <li key={row.id} data-chosen={row.id === about.id || undefined} style={{ '--share': row.probability }}>
          {onChoose && row.id !== about.id ? (
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
function sentence({ about, block, steps }: Props['tip'], alternatives: AlternativesShown): string {
  if (alternatives === 'coming') return '';
  const facts = `${quoted(about.text)}: probability ${percent(about.probability ?? 0)}, step ${(about.step ?? 0) + 1} of ${steps} in block ${block + 1}`;
  if (alternatives === 'later') return `${facts}.`;
  const others = alternatives.filter(({ id }) => id !== about.id);
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
