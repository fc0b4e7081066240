import type { BlockStep, BlocksRequest, Prediction } from './backend';

/** How far a run of blocks was told, so that another backend can go on with it. */
export class RunProgress {
  readonly #maskId: number;
  /** What is left of the run from the block in work on, as that was before its first step. */
  #rest: BlocksRequest;
  #draft: readonly number[];
  /** The steps of the block in work, and how many of them came again since the last restart. */
  #told: BlockStep[] = [];
  #repeated = 0;

  constructor(request: BlocksRequest, maskId: number) {
    this.#maskId = maskId;
    this.#rest = request;
    this.#draft = request.first;
  }

  /** The run that a backend with all finished blocks in its cache has to make. Its first steps come again. */
  restart(): BlocksRequest {
    this.#draft = this.#rest.first;
    this.#repeated = 0;
    return this.#rest;
  }

  /** The block that is finished, once a step has come that belongs to the next one. */
  finishedBefore(): readonly number[] | undefined {
    if (this.#draft.includes(this.#maskId)) return undefined;
    const finished = this.#draft;
    const first = finished.map(() => this.#maskId);
    // The clean pass counts.
    const nfe = this.#told.at(-1)!.nfe + 1;
    this.#rest = { ...this.#rest, first, blocks: this.#rest.blocks - 1, nfe };
    this.#draft = first;
    this.#told = [];
    this.#repeated = 0;
    return finished;
  }

  /** Takes the next step of a run, and tells whether it is new, or one `told` before, or should be that and is not. */
  take(step: BlockStep): 'new' | 'told' | 'other' {
    const draft = [...this.#draft];
    for (const { position, id } of step.reveal) draft[position] = id;
    this.#draft = draft;
    const before = this.#told[this.#repeated];
    this.#repeated++;
    if (before) return isSame(before.reveal, step.reveal) ? 'told' : 'other';
    this.#told.push(step);
    return 'new';
  }
}

function isSame(reveal: readonly Prediction[], other: readonly Prediction[]): boolean {
  return (
    reveal.length === other.length &&
    reveal.every(({ position, id }, index) => position === other[index]!.position && id === other[index]!.id)
  );
}
