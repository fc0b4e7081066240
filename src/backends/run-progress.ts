import type { BlockStep, BlocksRequest, Prediction } from './backend';
import { BlockDraft } from './block-draft';

/** How far a run of blocks has come, so that another backend can go on with it. */
export class RunProgress {
  readonly #maskId: number;
  /** What is left of the run from the block in work on, as that was before its first step. */
  #rest: BlocksRequest;
  #draft: BlockDraft;
  /** The steps of the block in work, and how many of them came again since the last restart. */
  #steps: BlockStep[] = [];
  #repeated = 0;

  constructor(request: BlocksRequest, maskId: number) {
    this.#maskId = maskId;
    this.#rest = request;
    this.#draft = BlockDraft.of(request.first, maskId);
  }

  /** The run that a backend with all finished blocks in its cache has to make. Its first steps come again. */
  restart(): BlocksRequest {
    this.#draft = BlockDraft.of(this.#rest.first, this.#maskId);
    this.#repeated = 0;
    return this.#rest;
  }

  /** The block that is finished, once a step has come that belongs to the next one. */
  finishedBefore(): readonly number[] | undefined {
    if (!this.#draft.isWhole) return undefined;
    const finished = this.#draft;
    this.#draft = finished.next();
    // The clean pass counts.
    const nfe = this.#steps.at(-1)!.nfe + 1;
    this.#rest = { ...this.#rest, first: this.#draft.ids, blocks: this.#rest.blocks - 1, nfe };
    this.#steps = [];
    this.#repeated = 0;
    return finished.ids;
  }

  /** Takes the next step of a run: `new`, a `repeat` of one that came before, or `other` than it should be. */
  take(step: BlockStep): 'new' | 'repeat' | 'other' {
    this.#draft = this.#draft.with(step.reveal);
    const before = this.#steps[this.#repeated];
    this.#repeated++;
    if (before) return isSame(before.reveal, step.reveal) ? 'repeat' : 'other';
    this.#steps.push(step);
    return 'new';
  }
}

function isSame(reveal: readonly Prediction[], other: readonly Prediction[]): boolean {
  return (
    reveal.length === other.length &&
    reveal.every(({ position, id }, index) => position === other[index]!.position && id === other[index]!.id)
  );
}
