import type { ModelConfig } from '../network/model-config';
import type { BlockStep, BlocksRequest, Draw } from './backend';
import { BlockDraft } from './block-draft';
import { guessesOf, predictionOf } from './block-step';

/** A text that grows from left to right over the blocks of a run; offsets count from the start of the first block. */
export class TextInBlocks {
  readonly #request: BlocksRequest;
  readonly #config: Pick<ModelConfig, 'maskId' | 'stopIds'>;
  /** Known from the start on without a gap. */
  readonly #ids: number[] = [];
  /** Where the last block ends: where there is a stop id, the block that it is in. */
  #end: number;

  constructor(request: BlocksRequest, config: Pick<ModelConfig, 'maskId' | 'stopIds'>) {
    this.#request = request;
    this.#config = config;
    this.#end = request.blocks * request.first.length;
    this.#takeGiven();
  }

  /** How many ids are known from the start on. */
  get length(): number {
    return this.#ids.length;
  }

  get isDone(): boolean {
    return this.#ids.length >= this.#end;
  }

  /** What is known from an offset on without a gap. */
  known(from: number): number[] {
    return this.#ids.slice(from);
  }

  /** How many ids from an offset on are neither known nor given, up to the first that is. */
  maskedFrom(offset: number): number {
    const given = this.#request.first.findIndex((id, place) => place >= offset && id !== this.#config.maskId);
    return given === -1 ? Number.POSITIVE_INFINITY : given - offset;
  }

  /**
   * Takes over draws, in order, whose positions are offsets: a step for each block that they are in. What is drawn where
   * an id was given is dropped, and what comes after the last block or a stop id; a block with a stop id is filled with
   * it, as nobody reads on. `draft` is what a report of guesses tells of.
   */
  *reveal(draws: readonly Draw[], { nfe, draft }: { readonly nfe: number; readonly draft: readonly Draw[] }) {
    const blockSize = this.#request.first.length;
    const taken = this.#take(draws);
    for (let at = 0; at < taken.length; ) {
      const start = Math.floor(taken[at]!.position / blockSize) * blockSize;
      const within = (draw: Draw) => draw.position >= start && draw.position < start + blockSize;
      const inBlock = (some: readonly Draw[]) =>
        some.filter(within).map((draw) => ({ ...draw, position: draw.position - start }));
      const reveal = inBlock(taken);
      const block = Array.from(
        { length: blockSize },
        (_, place) => this.#ids[start + place] ?? this.#givenAt(start + place),
      );
      const masked = BlockDraft.of(block, this.#config.maskId);
      const guesses = this.#request.report === 'guesses' ? guessesOf(inBlock(draft), [], masked) : undefined;
      yield { reveal: reveal.map(predictionOf), guesses, nfe } satisfies BlockStep;
      at += reveal.length;
    }
  }

  /** Those of the draws that belong to the text, and what fills the block of a stop id. */
  #take(draws: readonly Draw[]): Draw[] {
    const taken: Draw[] = [];
    const add = (draw: Draw) => {
      this.#ids.push(draw.id);
      taken.push(draw);
      this.#takeGiven();
    };
    for (const draw of draws) {
      if (this.isDone) break;
      if (draw.position < this.length) continue;
      add(draw);
      if (!this.#config.stopIds.includes(draw.id)) continue;
      const blockSize = this.#request.first.length;
      this.#end = Math.ceil((draw.position + 1) / blockSize) * blockSize;
      while (!this.isDone) add({ ...draw, position: this.#ids.length });
    }
    return taken;
  }

  #takeGiven(): void {
    for (let id = this.#givenAt(this.length); id !== this.#config.maskId; id = this.#givenAt(this.length)) {
      this.#ids.push(id);
    }
  }

  /** Of the first block what was given; else the mask. */
  #givenAt(offset: number): number {
    return this.#request.first[offset] ?? this.#config.maskId;
  }
}
