import { Fragment, memo } from 'react';
import type { Block, Token } from './story';

interface Props {
  readonly index: number;
  readonly block: Block;
  /** The token whose tip is open. */
  readonly marked: number | null;
}

/** One block; drawn again only when it changes, so a long text costs no more than a short one. */
export const StoryBlock = memo(function StoryBlock({ index, block, marked }: Props) {
  return (
    <span className="block" data-block={index} data-committed={block.committed}>
      {block.tokens.map((token, position) =>
        position < block.pinned ? null : token.id === null ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the block
          <Noise key={position} seed={index * 37 + position} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <Word key={position} place={`${index}.${position}`} token={token} marked={position === marked} />
        ),
      )}
    </span>
  );
});

/** How wide a masked token looks, in em: about as wide as words are. */
const WIDTHS = [1.5, 2.5, 0.9, 3.2, 1.9, 1.2, 2.9, 2.1, 3.8, 1.6];

function Noise({ seed }: { seed: number }) {
  const width = WIDTHS[(seed * 7) % WIDTHS.length]!;
  const style = { '--width': `${width}em`, '--delay': `${-((seed * 0.37) % 2)}s` };
  return <span className="noise" aria-hidden="true" style={style} />;
}

function Word({ place, token, marked }: { place: string; token: Token; marked: boolean }) {
  const doubt = token.probability === null ? 0 : 1 - token.probability;
  // The space before a word belongs to its token, but is not to be underlined.
  const word = token.text.trimStart();
  const space = token.text.slice(0, token.text.length - word.length);
  return (
    <>
      {withBreaks(space)}
      <span
        className="token"
        data-token={place}
        data-state={token.state}
        data-marked={marked || undefined}
        style={{ '--doubt': doubt.toFixed(2) }}
      >
        {withBreaks(word)}
      </span>
    </>
  );
}

/** A blank line is a paragraph's end, drawn as a smaller gap; a single line break stays one. */
function withBreaks(text: string) {
  if (!text.includes('\n')) return text;
  return text.split(/(\n+)/).map((part, index) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
    if (/^\n\n+$/.test(part)) return <span key={index} className="paragraph-gap" />;
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    return part === '\n' ? <br key={index} /> : <Fragment key={index}>{part}</Fragment>;
  });
}
