/** A piece of text that is drawn in one way, or a mask. */
export interface Piece<Look> {
  /** Null for a mask. */
  readonly text: string | null;
  /** Of a mask, in pixels. */
  readonly width: number;
  readonly look: Look;
}

export interface PlacedPiece<Look> {
  readonly text: string | null;
  readonly x: number;
  /** The top of its line. */
  readonly y: number;
  readonly width: number;
  readonly look: Look;
}

export interface FlowOptions {
  readonly width: number;
  readonly lineHeight: number;
  /** What a blank line adds to a line break. */
  readonly paragraphGap: number;
  /** The width of a text, in pixels. */
  readonly measure: (text: string) => number;
}

/** Breaks pieces into lines at spaces, and before and after masks. Also gives the height of all lines. */
export function flowText<Look>(pieces: readonly Piece<Look>[], options: FlowOptions) {
  const { width, lineHeight, paragraphGap, measure } = options;
  const placed: PlacedPiece<Look>[] = [];
  let x = 0;
  let y = 0;
  let breaks = 0;
  /** What has no space in it yet, and so is not to be torn apart. */
  let word: { text: string | null; width: number; look: Look }[] = [];

  function endWord(): void {
    const total = word.reduce((sum, part) => sum + part.width, 0);
    if (x > 0 && x + total > width) nextLine();
    for (const part of word) {
      placed.push({ ...part, x, y });
      x += part.width;
    }
    if (word.length) breaks = 0;
    word = [];
  }

  function nextLine(): void {
    x = 0;
    y += lineHeight;
  }

  for (const { text, width, look } of pieces) {
    if (text === null) {
      endWord();
      word.push({ text, width, look });
      endWord();
      continue;
    }
    for (const part of text.split(/(\s)/)) {
      if (part === '') continue;
      if (part === '\n') {
        endWord();
        breaks++;
        if (breaks === 1) nextLine();
        else if (breaks === 2) y += paragraphGap;
      } else if (/\s/.test(part)) {
        endWord();
        if (x > 0) x += measure(' ');
      } else word.push({ text: part, width: measure(part), look });
    }
  }
  endWord();
  return { placed, height: y + lineHeight };
}
