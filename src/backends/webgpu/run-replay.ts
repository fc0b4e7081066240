import type { Revealed } from '../../kernels/reveal';
import type { BlockStep, BlocksRequest } from '../backend';
import type { Sequence } from '../sequence';

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
  readonly #sequence: Sequence;
  #draft: readonly number[];
  /** The places of the block whose ids were given. */
  #given: readonly boolean[];
  #blocksLeft: number;
  #nfe: number;

  /** `sequence` stands at the first block, and is told of every block that got its clean pass. */
  constructor(plan: RunPlan, sequence: Sequence) {
    const { first, blocks, nfe } = plan.request;
    this.#plan = plan;
    this.#sequence = sequence;
    this.#draft = first;
    this.#given = first.map((id) => id !== plan.maskId);
    this.#blocksLeft = blocks;
    this.#nfe = nfe;
  }

  /** Blocks without their clean pass, the one that the sequence stands at among them. */
  get blocksOpen(): number {
    return this.#blocksLeft + (this.#draft.includes(this.#plan.maskId) ? 0 : 1);
  }

  /** Whether the passes after the last one have nothing to do. */
  get done(): boolean {
    return this.#blocksLeft === 0;
  }

  /** Takes over what the next pass revealed, [] for a clean pass; returns it as a step unless it is one. */
  take(reveal: readonly Revealed[]): BlockStep | undefined {
    const { maskId, carryEnd } = this.#plan;
    if (!this.#draft.includes(maskId)) {
      const carries = this.#sequence.position < carryEnd;
      this.#sequence.advance(this.#draft);
      this.#draft = this.#draft.map(() => maskId);
      this.#given = [];
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
    return this.#blocksLeft === 1 || draft.some((id, offset) => id === eosId && !this.#given[offset]);
  }
}
