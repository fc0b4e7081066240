import type { Report } from './report';

/** What is drawn as one: a token, or the tokens that a character takes together. */
export interface Piece {
  readonly text: string;
  /** How many tokens it is. */
  readonly tokens: number;
  /** Surprisal of all of them in nats; null where there is none, undefined while it is not known. */
  readonly nats: number | null | undefined;
}

/** The text in pieces. A token without a text is part of the character that a later one completes. */
export function piecesOf({ tokens, nats }: Pick<Report, 'tokens' | 'nats'>): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const [index, { text }] of tokens.entries()) {
    if (text === '' && index < tokens.length - 1) continue;
    const own = Array.from({ length: index + 1 - from }, (_, offset) => nats[from + offset]);
    pieces.push({ text, tokens: own.length, nats: sumOf(own) });
    from = index + 1;
  }
  return pieces;
}

/** Null where nothing predicts one of them. */
function sumOf(nats: readonly Piece['nats'][]): Piece['nats'] {
  if (nats.includes(undefined)) return undefined;
  return nats.reduce<number | null>((sum, each) => (sum === null || each == null ? null : sum + each), 0);
}
