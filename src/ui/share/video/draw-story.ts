import type { Heat } from '../../settings/settings';
import type { Story } from '../../story/story';
import { placeAt, placeText, storyAt } from '../../timeline/replay';
import { flowText, type PlacedPiece } from './flow-text';
import type { Palette } from './palette';
import { type Look, storyPieces } from './story-pieces';

export const VIDEO_SIZE = { width: 1280, height: 720 };

const MARGIN = 150;
const TOP = 72;
const FONT = 30;
const LINE = 50;
/** Where the line with the step begins. */
const FOOT = VIDEO_SIZE.height - 64;

/** Draws the story as it was after its first `position` steps. `frame` moves the static. */
export function drawStory(
  context: CanvasRenderingContext2D,
  { story, heat, palette }: { readonly story: Story; readonly heat: Heat; readonly palette: Palette },
  position: number,
  frame: number,
): void {
  const { width, height } = VIDEO_SIZE;
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  context.textBaseline = 'alphabetic';
  context.save();
  context.beginPath();
  context.rect(0, 0, width, FOOT - 12);
  context.clip();

  const column = width - 2 * MARGIN;
  const title = titleLines(context, story, palette, column);
  context.font = `${FONT}px ${palette.serif}`;
  const measure = (text: string) => context.measureText(text).width;
  const pieces = storyPieces(storyAt(story, position), heat, palette, FONT);
  const flow = flowText(pieces, { width: column, lineHeight: LINE, paragraphGap: LINE / 2, measure });
  const above = TOP + (story.heading ? 60 + title.length * 62 + 24 : 0);
  // A long text moves up by whole lines.
  const over = Math.max(0, above + flow.height - (FOOT - 24));
  context.translate(MARGIN, -Math.ceil(over / LINE) * LINE);
  drawHeading(context, story, palette, title);
  context.font = `${FONT}px ${palette.serif}`;
  for (const piece of flow.placed) {
    if (piece.text === null) drawNoise(context, piece, above, frame, palette);
    else drawText(context, piece, piece.text, above, palette);
  }
  context.restore();
  drawFoot(context, story, position, palette);
}

function titleLines(context: CanvasRenderingContext2D, { heading }: Story, palette: Palette, width: number): string[] {
  if (!heading) return [];
  context.font = `52px ${palette.serif}`;
  const lines: string[] = [];
  for (const word of (heading.title || 'Untitled').split(/\s+/)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function drawHeading(context: CanvasRenderingContext2D, { heading }: Story, palette: Palette, lines: string[]): void {
  if (!heading) return;
  context.font = `20px ${palette.sans}`;
  context.fillStyle = palette.accent;
  context.fillText(heading.kind, 0, TOP + 20);
  context.font = `52px ${palette.serif}`;
  context.fillStyle = palette.ink;
  for (const [index, line] of lines.entries()) context.fillText(line, 0, TOP + 84 + index * 62);
}

function drawText(
  context: CanvasRenderingContext2D,
  { x, y, width, look }: PlacedPiece<Look>,
  text: string,
  above: number,
  palette: Palette,
): void {
  if (look.background) {
    context.fillStyle = 'transparent';
    context.fillStyle = look.background;
    context.fillRect(x - 2, above + y + 6, width + 4, LINE - 12);
  }
  // Where a browser does not know the mix, the assignment does nothing.
  context.fillStyle = palette.ink;
  context.fillStyle = look.colour;
  context.fillText(text, x, above + y + 35);
}

const GRAIN = 4;
/** Pictures between two changes of the static. */
const FLICKER = 4;

/** A strip of static. */
function drawNoise(
  context: CanvasRenderingContext2D,
  { x, y, width, look }: PlacedPiece<Look>,
  above: number,
  frame: number,
  palette: Palette,
): void {
  context.fillStyle = palette.ink;
  context.globalAlpha = 0.34;
  const tick = Math.floor(frame / FLICKER);
  for (let column = 0; column < (width - FONT * 0.28) / GRAIN; column++) {
    for (let row = 0; row < 5; row++) {
      if (isLit(look.seed, column, row, tick)) {
        context.fillRect(x + FONT * 0.14 + column * GRAIN, above + y + 15 + row * GRAIN, GRAIN, GRAIN);
      }
    }
  }
  context.globalAlpha = 1;
}

/** A coin for each grain, the same for the same grain: two rounds of a multiply-and-shift hash. */
function isLit(seed: number, column: number, row: number, tick: number): boolean {
  let hash = seed * 7919 + column * 104729 + row * 1299709 + tick * 15485863;
  for (let round = 0; round < 2; round++) hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash >>> 16) & 1) === 1;
}

/** How far it is, under a line that fills. */
function drawFoot(context: CanvasRenderingContext2D, story: Story, position: number, palette: Palette): void {
  const { width } = VIDEO_SIZE;
  const share = story.steps.length ? position / story.steps.length : 1;
  context.fillStyle = palette.line;
  context.fillRect(0, FOOT, width, 2);
  context.fillStyle = palette.accent;
  context.fillRect(0, FOOT - 1, width * share, 4);
  context.font = `20px ${palette.sans}`;
  context.fillStyle = palette.inkSoft;
  context.fillText(placeText(placeAt(story, position)), MARGIN, FOOT + 40);
  context.font = `600 24px ${palette.serif}`;
  const name = 'Unmask';
  context.fillText(name, width - MARGIN - context.measureText(name).width, FOOT + 41);
}
