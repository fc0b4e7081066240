import type { DraftStep, Draw, UnplacedDraw } from './backend';

/**
 * A pass that verifies a draft has the clean rows of a window of n ids, and after them n drafts of as many masks each.
 * Draft i stands where the text would go on if it ended with row i: its first mask is at the place of the token that
 * row i predicts, which it does not know. It sees what is before the pass, the window's rows up to the i-th, and
 * itself. So, whichever token of the window turns out to be the last to stay, masks after it have been predicted already.
 *
 * Source: Liu et al., "TiDAR: Think in Diffusion, Talk in Autoregression" (2025), whose pass verifies a draft and makes
 * one for each outcome of that.
 */
export interface DraftingPass {
  /** Ids of the window, at least 1. */
  readonly window: number;
  /** Of each draft; 0 where nothing is drafted. */
  readonly masks: number;
}

/** How many rows such a pass has. */
export function draftingRows({ window, masks }: DraftingPass): number {
  return window * (1 + masks);
}

/** The rows of draft `draft`. */
export function rowsOfDraft(draft: number, { window, masks }: DraftingPass): number[] {
  return Array.from({ length: masks }, (_, mask) => window + draft * masks + mask);
}

/** What the layers read: the window, and masks. */
export function draftingIds(window: readonly number[], masks: number, maskId: number): number[] {
  return Array.from({ length: draftingRows({ window: window.length, masks }) }, (_, row) => window[row] ?? maskId);
}

/** Rows of a pass: `window` of them come before its drafts; 0 in a pass that verifies none. */
export interface PassRows {
  /** Absolute, of the first row. */
  readonly position: number;
  readonly rows: number;
  readonly window: number;
}

/** Absolute, of each row. */
export function positionsOf({ position, rows, window }: PassRows): number[] {
  const masks = rows / window - 1;
  return Array.from({ length: rows }, (_, row) => {
    if (window === 0 || row < window) return position + row;
    const draft = Math.floor((row - window) / masks);
    return position + draft + 1 + ((row - window) % masks);
  });
}

/** Of draws for the places after what is settled, those up to the first that is not what the draft has there. */
export function keptDraws(
  { ids, settled }: Pick<DraftStep, 'ids' | 'settled'>,
  drawn: readonly UnplacedDraw[],
): Draw[] {
  const draws = drawn.map((draw, index) => ({ ...draw, position: settled + index }));
  const other = draws.findIndex(({ id, position }) => id !== ids[position]);
  return draws.slice(0, other + 1);
}

/** A draft takes what is likeliest, whatever was drawn. */
export function likeliestOf({ entropy, likeliest }: UnplacedDraw): UnplacedDraw {
  return { ...likeliest, entropy, likeliest };
}
