/**
 * A drafting pass has the clean rows of a window of n ids, and after them n drafts of n − 1 masks. Draft i stands where
 * the text would go on if it ended with row i: its first mask is at the place of the token that row i predicts, which
 * it does not know. It sees what is before the pass, the window's rows up to the i-th, and itself. So, whichever token
 * of the window turns out to be the last to stay, masks after it have been predicted already.
 *
 * Source: Liu et al., "TiDAR: Think in Diffusion, Talk in Autoregression" (2025), whose pass verifies a draft and makes
 * one for each outcome of that.
 */

/** How many rows a drafting pass over a window has. */
export function draftingRows(window: number): number {
  return window * window;
}

/** The rows of draft `draft`. */
export function rowsOfDraft(draft: number, window: number): number[] {
  return Array.from({ length: window - 1 }, (_, mask) => window + draft * (window - 1) + mask);
}

/** What the layers read: the window, and masks. */
export function draftingIds(window: readonly number[], maskId: number): number[] {
  return Array.from({ length: draftingRows(window.length) }, (_, row) => window[row] ?? maskId);
}

/** Rows of a pass: `window` of them come before the drafts of a drafting pass; 0 in every other pass. */
export interface PassRows {
  /** Absolute, of the first row. */
  readonly position: number;
  readonly rows: number;
  readonly window: number;
}

/** Absolute, of each row. */
export function positionsOf({ position, rows, window }: PassRows): number[] {
  return Array.from({ length: rows }, (_, row) => {
    if (window === 0 || row < window) return position + row;
    const draft = Math.floor((row - window) / (window - 1));
    return position + draft + 1 + ((row - window) % (window - 1));
  });
}
