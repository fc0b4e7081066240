import type { Revealed } from '../../kernels/reveal';
import type { BlockStep, BlocksRequest } from '../backend';

/** The part of a run that both ends must agree on; see `Run` in `plan-pass.wgsl`. */
export interface RunPlan {
  readonly request: BlocksRequest;
  readonly maskId: number;
  readonly eosId: number | null;
  /** Of the first block, in the text. */
  readonly position: number;
  /** A finished block that starts below this position takes the next one along in its clean pass. */
  readonly carryEnd: number;
}

/**
 * Follows a run of the denoise loop from what each of its passes revealed, by the rules of `plan-pass` and
 * `reveal`, one pass behind the other: which block a pass belonged to is nowhere written down.
 */
export class RunReplay {
  readonly #plan: RunPlan;
  readonly #blockSize: number;
  #draft: readonly number[];
  #pinned: number;
  #position: number;
  #blocksLeft: number;
  #nfe: number;

  constructor(plan: RunPlan) {
    const { first, blocks, nfe } = plan.request;
    this.#plan = plan;
    this.#blockSize = first.length;
    this.#draft = first;
    this.#pinned = first.indexOf(plan.maskId);
    this.#position = plan.position;
    this.#blocksLeft = blocks;
    this.#nfe = nfe;
  }

  /** Of the block that the last pass was for, in the text. */
  get position(): number {
    return this.#position;
  }

  /** Whether the passes after the last one have nothing to do. */
  get done(): boolean {
    return this.#blocksLeft === 0;
  }

  /** Takes over what the next pass revealed, [] for a clean pass; returns it as a step unless it is one. */
  take(reveal: readonly Revealed[]): BlockStep | undefined {
    const { maskId, carryEnd } = this.#plan;
    if (!this.#draft.includes(maskId)) {
      const carries = this.#position < carryEnd;
      this.#position += this.#blockSize;
      this.#draft = Array<number>(this.#blockSize).fill(maskId);
      this.#pinned = 0;
      this.#nfe++;
      if (!carries) return undefined;
    }
    if (reveal.length === 0) throw new Error('a denoise pass revealed nothing');
    const draft = [...this.#draft];
    for (const { position, id } of reveal) draft[position] = id;
    this.#draft = draft;
    this.#nfe++;
    if (!draft.includes(maskId)) this.#blocksLeft = this.#isLast(draft) ? 0 : this.#blocksLeft - 1;
    return { reveal, nfe: this.#nfe };
  }

  #isLast(draft: readonly number[]): boolean {
    const { eosId } = this.#plan;
    return this.#blocksLeft === 1 || (eosId !== null && draft.includes(eosId, this.#pinned));
  }
}
