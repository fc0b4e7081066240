import type { PassTrace } from '../../kernels/reveal';
import type { ModelConfig } from '../../network/model-config';
import type { BlockStep, BlockwiseRequest } from '../backend';
import { BlockDraft } from '../block-draft';
import type { Sequence } from '../sequence';

/** The part of a run that both ends must agree on; see `Run` in shaders/parts/run.wgsl. */
export interface RunPlan {
  readonly request: BlockwiseRequest;
  readonly config: Pick<ModelConfig, 'maskId' | 'stopIds' | 'network'>;
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
  #draft: BlockDraft;
  #blocksLeft: number;
  #nfe: number;

  /** `sequence` stands at the first block, and is moved on for every block that got its clean pass. */
  constructor(plan: RunPlan, sequence: Sequence) {
    const { first, blocks, nfe } = plan.request;
    this.#plan = plan;
    this.#sequence = sequence;
    this.#draft = BlockDraft.of(first, plan.config.maskId);
    this.#blocksLeft = blocks;
    this.#nfe = nfe;
  }

  /** Blocks without their clean pass, the one that the sequence stands at among them. */
  get blocksOpen(): number {
    return this.#blocksLeft + (this.#draft.isWhole ? 1 : 0);
  }

  /** Whether the passes after the last one have nothing to do. */
  get done(): boolean {
    return this.#blocksLeft === 0;
  }

  /** Takes over what the next pass left; returns it as a step unless it is a clean pass that reveals nothing. */
  take({ revealed: reveal, guessed }: PassTrace): BlockStep | undefined {
    const { carryEnd, config, request } = this.#plan;
    const predictsNext = config.network.predicts === 'next';
    if (this.#draft.isWhole) {
      const carries = predictsNext || this.#sequence.position < carryEnd;
      this.#sequence.advance(this.#draft.ids);
      this.#draft = this.#draft.next();
      this.#nfe++;
      if (!carries) return undefined;
    }
    if (reveal.length === 0) throw new Error('a denoise pass revealed nothing');
    // A block's first token comes from the clean pass before it, which was counted.
    const isFirstToken = predictsNext && this.#draft.masked[0] === 0;
    if (!isFirstToken) this.#nfe++;
    this.#draft = this.#draft.with(reveal);
    if (this.#draft.isWhole) this.#blocksLeft = this.#isLast() ? 0 : this.#blocksLeft - 1;
    return { reveal, guesses: request.report === 'guesses' ? guessed : undefined, nfe: this.#nfe };
  }

  #isLast(): boolean {
    return this.#blocksLeft === 1 || this.#draft.endsText(this.#plan.config.stopIds);
  }
}
