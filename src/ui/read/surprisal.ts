import { perplexityText } from '../fields/format';
import { type Piece, piecesOf } from './pieces';
import type { Report } from './report';

/** The top of the colour scale, in bits; what is more surprising looks the same. 12 bits is one in 4,096. */
export const MOST_BITS = 12;

export function bitsOf(nats: number): number {
  return nats / Math.LN2;
}

/** The share of the colour that a token has, 0 … 1: in proportion to its surprisal. */
export function heatOf(nats: number | null | undefined): number {
  return nats == null ? 0 : Math.min(1, Math.max(0, bitsOf(nats) / MOST_BITS));
}

/** `3.4 bits` */
export function bitsText(nats: number): string {
  const bits = bitsOf(nats);
  return `${bits.toFixed(bits < 10 ? 1 : 0)} bits`;
}

/** How likely the model thought a token: `9.5 %`, or `1 in 4,096` where it is less than one in a thousand. */
export function likelihoodText(nats: number): string {
  const probability = Math.exp(-nats);
  if (probability < 0.001) return `1 in ${Math.round(Math.exp(nats)).toLocaleString('en')}`;
  const percent = probability * 100;
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

/** The piece that surprised most, the first of several; undefined while none is measured. */
export function mostSurprising(pieces: readonly Piece[]): (Piece & { readonly nats: number }) | undefined {
  const known = pieces.filter((piece): piece is Piece & { nats: number } => piece.nats != null);
  return known.toSorted((a, b) => b.nats - a.nats)[0];
}

/** What came out, in a sentence or two. */
export function summaryOf(report: Pick<Report, 'tokens' | 'nats' | 'sizes'>): string {
  const most = mostSurprising(piecesOf(report));
  const exact = report.sizes.find(({ standardError }) => standardError === null);
  const said: string[] = [];
  if (exact) said.push(`Perplexity ${perplexityText(exact.perplexity)} at block size ${exact.blockSize}.`);
  if (most) said.push(`“${most.text.trim() || '↵'}” was the greatest surprise: ${bitsText(most.nats)}.`);
  return said.join(' ');
}
