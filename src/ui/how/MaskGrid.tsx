interface Props {
  /** Tokens that look, and that are looked at. */
  readonly size: number;
  /** The row to point out. */
  readonly from: number;
  readonly label: string;
  readonly sees: (row: number, column: number) => boolean;
  /** How many of the first columns are of the noised text. */
  readonly noised: number;
}

/** Space between two cells, as a share of one. */
const GAP = 0.12;

/** An attention mask as a grid, a filled cell where the row's token may look at the column's. */
export function MaskGrid({ size, from, label, sees, noised }: Props) {
  const cells = Array.from({ length: size * size }, (_, index) => ({
    row: Math.floor(index / size),
    column: index % size,
  }));
  const seen = cells.filter(({ row, column }) => sees(row, column));
  return (
    <div className="mask-grid">
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
        <path className="unseen" d={squares(cells)} />
        <path className="clean" d={squares(seen.filter(({ column }) => column >= noised))} />
        <path className="noised" d={squares(seen.filter(({ column }) => column < noised))} />
        {noised > 0 ? <path className="halves" d={`M0 ${noised}H${size}M${noised} 0V${size}`} /> : null}
        <rect className="from" x={GAP / 2} y={from + GAP / 2} width={size - GAP} height={1 - GAP} />
      </svg>
    </div>
  );
}

function squares(cells: readonly { readonly row: number; readonly column: number }[]): string {
  const side = 1 - GAP;
  return cells.map(({ row, column }) => `M${column + GAP / 2} ${row + GAP / 2}h${side}v${side}h${-side}z`).join('');
}
