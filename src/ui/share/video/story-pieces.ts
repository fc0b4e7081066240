import { questionOf } from '../../chat/conversation';
import type { Heat } from '../../settings/settings';
import type { Block, Story, Token } from '../../story/story';
import type { Piece } from './flow-text';
import type { Palette } from './palette';

/** How a piece is drawn; the background may be null. */
export interface Look {
  readonly colour: string;
  readonly background: string | null;
  /** Which strip of static a mask shows. */
  readonly seed: number;
}

/** How wide masks look, in em: about as wide as words are. */
const WIDTHS = [1.5, 2.5, 0.9, 3.2, 1.9, 1.2, 2.9, 2.1];

/** The text of a story as it is drawn: its prompt where it has no heading, or the question that it answers, and its tokens, masked or not. */
export function storyPieces(story: Story, heat: Heat, palette: Palette, em: number): Piece<Look>[] {
  const blocks = [...story.earlier, ...story.blocks];
  const prompt = {
    text: story.settings.messages ? `${questionOf(story)}\n\n` : story.settings.prompt,
    width: 0,
    look: { colour: palette.inkSoft, background: null, seed: 0 },
  };
  const pieces = blocks.flatMap((block, index) =>
    block.tokens.slice(block.pinned).map((token, at): Piece<Look> => {
      const seed = index * 37 + at + block.pinned;
      const look = { ...lookOf(token, block, heat, palette), seed };
      if (token.id !== null) return { text: token.text, width: 0, look };
      return { text: null, width: (WIDTHS[seed % WIDTHS.length]! + 0.28) * em, look };
    }),
  );
  return story.heading ? pieces : [prompt, ...pieces];
}

function lookOf(token: Token, { steps }: Block, heat: Heat, palette: Palette): Omit<Look, 'seed'> {
  const { ink, sure, unsure, early } = palette;
  if (token.probability === null) return { colour: ink, background: null };
  const doubt = Math.round((1 - token.probability) * 100);
  if (heat === 'confidence') return { colour: ink, background: tint(unsure, doubt * 0.46) };
  if (heat === 'order') {
    const late = token.step === null || steps < 2 ? 0 : token.step / (steps - 1);
    return { colour: ink, background: tint(early, (1 - late) * 46) };
  }
  if (token.state === 'committed') return { colour: ink, background: null };
  const colour = `color-mix(in oklab, ${unsure} ${doubt}%, ${sure})`;
  return { colour, background: token.state === 'revealed-now' ? tint(colour, 14) : null };
}

function tint(colour: string, percent: number): string {
  return `color-mix(in oklab, ${colour} ${percent.toFixed(1)}%, transparent)`;
}
