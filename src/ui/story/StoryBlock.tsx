import { Fragment, memo } from 'react';
import { type Edit, type EditPlace, editedBlock, isSelected } from '../editing/editing';
import type { Settings } from '../settings/settings';
import type { Block, Token } from './story';

interface Props {
  readonly index: number;
  readonly block: Block;
  /** The text before it ends with a line break. */
  readonly afterBreak: boolean;
  /** The token whose tip is open. */
  readonly marked: number | null;
  /** What is being edited of it. */
  readonly edit: Edit | null;
  /** Whether the guesses at masked places are shown, where there are any. */
  readonly guesses: Settings['guesses'];
}

/** One block; drawn again only when it changes, so a long text costs no more than a short one. */
export const StoryBlock = memo(function StoryBlock({ index, block, afterBreak, marked, edit, guesses }: Props) {
  const { tokens, pinned, committed, steps } = edit ? editedBlock(block, edit) : block;
  return (
    <span className="block" data-block={index} data-committed={committed} data-edited={edit !== null || undefined}>
      {tokens.map((token, position) =>
        position < pinned ? null : token.id === null ? (
          <Noise
            // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the block
            key={position}
            seed={index * 37 + position}
            guess={guesses === 'on' ? token.guess?.text : undefined}
            place={edit ? `${index}.${position}` : undefined}
            selected={edit !== null && isSelected(edit, position)}
          />
        ) : (
          <Word
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            key={position}
            place={`${index}.${position}`}
            token={token}
            late={token.step === null || steps < 2 ? 0 : token.step / (steps - 1)}
            afterBreak={position > 0 ? endsLine(tokens[position - 1]) : afterBreak}
            marked={position === marked}
            kind={edit?.places[position]?.kind}
            selected={edit !== null && isSelected(edit, position)}
          />
        ),
      )}
    </span>
  );
});

/** How wide a masked token looks, in em: about as wide as words are. */
const WIDTHS = [1.5, 2.5, 0.9, 3.2, 1.9, 1.2, 2.9, 2.1, 3.8, 1.6];

interface NoiseProps {
  readonly seed: number;
  /** The text of what the model would put here. */
  readonly guess: string | undefined;
  /** `block.token`, where it can be selected. */
  readonly place: string | undefined;
  readonly selected: boolean;
}

function Noise({ seed, guess, place, selected }: NoiseProps) {
  // A line break, or part of a character, is nothing to read.
  const word = guess?.trim();
  if (guess && word) {
    return (
      <>
        {guess.slice(0, guess.indexOf(word))}
        <span className="guess" aria-hidden="true" data-token={place} data-selected={selected || undefined}>
          {word}
        </span>
      </>
    );
  }
  const width = WIDTHS[(seed * 7) % WIDTHS.length]!;
  const style = { '--width': `${width}em`, '--delay': `${-((seed * 0.37) % 2)}s` };
  return (
    <span className="noise" aria-hidden="true" data-token={place} data-selected={selected || undefined} style={style} />
  );
}

/** True for a token that ends with a line break; false for none and for a mask. */
export function endsLine(token: Token | undefined): boolean {
  return token?.text.endsWith('\n') ?? false;
}

interface WordProps {
  /** `block.token`, for the tip. */
  readonly place: string;
  readonly token: Token;
  /** When in its block it was revealed: 0 in the first step, 1 in the last. */
  readonly late: number;
  readonly afterBreak: boolean;
  readonly marked: boolean;
  /** While its block is edited. */
  readonly kind: EditPlace['kind'] | undefined;
  readonly selected: boolean;
}

function Word({ place, token, late, afterBreak, marked, kind, selected }: WordProps) {
  const doubt = token.probability === null ? 0 : 1 - token.probability;
  // The space before a word belongs to its token, but is not to be coloured.
  const word = token.text.trimStart();
  const space = token.text.slice(0, token.text.length - word.length);
  return (
    <>
      {withBreaks(space, afterBreak)}
      <span
        className="token"
        data-token={place}
        data-state={token.state}
        data-marked={marked || undefined}
        data-kind={kind}
        data-selected={selected || undefined}
        data-given={token.probability === null || undefined}
        style={{ '--doubt': doubt.toFixed(2), '--late': late.toFixed(2) }}
      >
        {withBreaks(word, false)}
      </span>
    </>
  );
}

/** A blank line is a paragraph's end, drawn as a smaller gap, also where two tokens make it; a single break stays one. */
function withBreaks(text: string, afterBreak: boolean) {
  if (!text.includes('\n')) return text;
  return text.split(/(\n+)/).map((part, index) => {
    const gap = part.startsWith('\n\n') || (part === '\n' && afterBreak && index === 1 && text.startsWith('\n'));
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
    if (gap) return <span key={index} className="paragraph-gap" />;
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    return part === '\n' ? <br key={index} /> : <Fragment key={index}>{part}</Fragment>;
  });
}
