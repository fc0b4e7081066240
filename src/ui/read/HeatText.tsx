import { memo, useMemo } from 'react';
import { shownText } from '../story/TokenFacts';
import { useTipPlace } from '../story/use-tip-place';
import { type Piece, piecesOf } from './pieces';
import type { Report } from './report';
import { bitsText, heatOf, likelihoodText, MOST_BITS } from './surprisal';
import { type HeatTip, useHeatTip } from './use-heat-tip';

/** The text, each piece in the colour of its surprisal, with a legend; a tip tells the bits of one. */
export function HeatText({ report, reading }: { report: Report; reading: boolean }) {
  const { tokens, nats } = report;
  const pieces = useMemo(() => piecesOf({ tokens, nats }), [tokens, nats]);
  const { tip, handlers } = useHeatTip(pieces.length);
  return (
    <>
      {report.blockSizes.includes(1) ? <Legend /> : null}
      <section
        className="text heat-text"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk through the tokens from here
        tabIndex={0}
        aria-label="The text as it was read; arrow keys walk its tokens"
        aria-busy={reading}
        {...handlers}
      >
        {pagesOf(pieces).map((page, index) => (
          <HeatPage
            // biome-ignore lint/suspicious/noArrayIndexKey: a page is its place in the text
            key={index}
            from={index * PAGE}
            pieces={page}
            marked={tip && Math.floor(tip.token / PAGE) === index ? tip.token : null}
          />
        ))}
      </section>
      {tip ? <Tip tip={tip} piece={pieces[tip.token]} /> : null}
    </>
  );
}

/** Pieces that are drawn together: of a long text only the page that changes is drawn again. */
const PAGE = 100;

function pagesOf(pieces: readonly Piece[]): (readonly Piece[])[] {
  return Array.from({ length: Math.ceil(pieces.length / PAGE) }, (_, page) =>
    pieces.slice(page * PAGE, (page + 1) * PAGE),
  );
}

interface PageProps {
  /** The place of its first piece. */
  readonly from: number;
  readonly pieces: readonly Piece[];
  readonly marked: number | null;
}

const HeatPage = memo(
  function HeatPage({ from, pieces, marked }: PageProps) {
    return pieces.map(({ text, nats }, offset) => (
      <HeatToken
        // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place in the text
        key={offset}
        index={from + offset}
        text={text}
        heat={heatOf(nats)}
        known={nats != null}
        marked={marked === from + offset}
      />
    ));
  },
  (one, other) => one.marked === other.marked && isSamePage(one.pieces, other.pieces),
);

function isSamePage(one: readonly Piece[], other: readonly Piece[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ text, nats }, index) => text === other[index]?.text && nats === other[index]?.nats)
  );
}

interface TokenProps {
  readonly index: number;
  readonly text: string;
  readonly heat: number;
  readonly known: boolean;
  readonly marked: boolean;
}

const HeatToken = memo(function HeatToken({ index, text, heat, known, marked }: TokenProps) {
  // The space before a word belongs to its token, but is not to be coloured.
  const word = text.trimStart();
  const space = text.slice(0, text.length - word.length);
  return (
    <>
      {word === '' ? null : space}
      <span
        className="heat-token"
        data-token={index}
        data-break={(word === '' && space.includes('\n')) || undefined}
        data-known={known || undefined}
        data-marked={marked || undefined}
        style={{ '--heat': heat.toFixed(2) }}
      >
        {word}
      </span>
      {word === '' ? space : null}
    </>
  );
});

interface TipProps {
  readonly tip: HeatTip;
  readonly piece: Piece | undefined;
}

function Tip({ tip, piece }: TipProps) {
  const place = useTipPlace(tip.element);
  if (!piece) return null;
  const { text, tokens, nats } = piece;
  return (
    <div className="tip" {...place} role="status">
      <p>
        <q>{shownText(text)}</q> <strong>{nats == null ? 'not measured' : bitsText(nats)}</strong>
      </p>
      {nats == null ? null : (
        <p>
          probability {likelihoodText(nats)}
          {tokens > 1 ? `, in ${tokens} tokens` : ''}
        </p>
      )}
    </div>
  );
}

function Legend() {
  return (
    <p className="heat-legend">
      Surprisal: 0 bits
      <span className="heat-scale" aria-hidden="true" />
      {MOST_BITS} bits or more
    </p>
  );
}
