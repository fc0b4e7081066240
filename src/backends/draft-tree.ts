import type { DraftStep, Draw, UnplacedDraw } from './backend';

/** What a tree is made of. */
export type Drafting = Omit<DraftStep, 'sampling' | 'pass'>;

/** The rows that a pass over a tree has at most: what a row sees are bits of one number. */
export const MOST_TREE_ROWS = 32;

export interface TreeRow {
  readonly id: number;
  /** After the cache: position `place` beyond it. */
  readonly place: number;
  /** Bit i: the row sees row i of the pass. It sees everything before the pass. */
  readonly seen: number;
  /** The row whose prediction this id is to be, if it is a clean one; −1 for the first. */
  readonly parent: number;
}

/**
 * The rows of a pass that verifies a draft. Clean ones come first: settled ids and their draft in a chain, and beside
 * each id of the draft a second candidate for its place. After them each row that may be the last to stay has a draft
 * of its own: masks that stand where the text goes on after the token that the row predicts, and that see what the
 * row sees and each other. So, wherever the text turns out to go on, masks have been predicted there already.
 *
 * Sources: Miao et al., "SpecInfer" (ASPLOS 2024), for trees; Liu et al., "TiDAR: Think in Diffusion, Talk in
 * Autoregression" (2025), for drafts in the pass that verifies.
 */
export class DraftTree {
  readonly rows: readonly TreeRow[];
  /** Rows that predict what may be kept, ascending: the last settled one, and those of the draft. */
  readonly predicting: readonly number[];
  readonly #step: Drafting;

  constructor(step: Drafting, maskId: number) {
    const { ids, settled, seconds, masks } = step;
    const rows: TreeRow[] = [];
    const add = (id: number, place: number, parent: number) => {
      const seen = ((rows[parent]?.seen ?? 0) | (1 << rows.length)) >>> 0;
      rows.push({ id, place, seen, parent });
    };
    for (const [place, id] of ids.entries()) add(id, place, place - 1);
    for (const [index, id] of seconds.entries()) add(id, settled + index, settled - 1 + index);
    this.predicting = rows.flatMap((_, row) => (row >= settled - 1 ? [row] : []));
    for (const row of this.predicting) {
      const { place, seen } = rows[row]!;
      const draft = (((1 << masks) - 1) << rows.length) >>> 0;
      for (let mask = 0; mask < masks; mask++) {
        rows.push({ id: maskId, place: place + 1 + mask, seen: (seen | draft) >>> 0, parent: -1 });
      }
    }
    this.rows = rows;
    this.#step = step;
  }

  /** The masks that go on after what a predicting row predicts, as rows. */
  draftOf(row: number): number[] {
    const { masks } = this.#step;
    const first = this.predicting.at(-1)! + 1 + this.predicting.indexOf(row) * masks;
    return Array.from({ length: masks }, (_, mask) => first + mask);
  }

  /** Of what the predicting rows drew, what counts: each row after the last settled one has the id that was drawn before it. */
  verdict(drawn: readonly UnplacedDraw[]): Verdict {
    const { ids, settled } = this.#step;
    const [first, clean] = [settled - 1, this.predicting.at(-1)! + 1];
    const draws: Draw[] = [];
    let row = first;
    for (let next = row; next !== -1; ) {
      row = next;
      const { id } = drawn[row - first]!;
      draws.push({ ...drawn[row - first]!, position: this.rows[row]!.place + 1 });
      next = this.rows.slice(0, clean).findIndex((child) => child.parent === row && child.id === id);
    }
    // A second candidate is not in the slot of its place.
    const stored = this.rows[row]!.place + (row < ids.length ? 1 : 0);
    return { draws, row, stored };
  }
}

/** What became of a tree. */
export interface Verdict {
  readonly draws: readonly Draw[];
  /** Predicted the last of the draws. */
  readonly row: number;
  /** Ids of the chain that are part of the cache now. */
  readonly stored: number;
}

/** How many rows the tree of a step has. */
export function treeRows({ ids, settled, seconds, masks }: Drafting): number {
  const clean = ids.length + seconds.length;
  return clean + (clean - settled + 1) * masks;
}

/** A draft takes what is likeliest, whatever was drawn. */
export function likeliestOf({ entropy, likeliest, second }: UnplacedDraw): UnplacedDraw {
  return { ...likeliest, entropy, likeliest, second };
}
