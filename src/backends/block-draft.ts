/** A block as it is being written: the ids that are known, and those among them that were given. A value. */
export class BlockDraft {
  /** [block size], the mask's id where not yet revealed. */
  readonly ids: readonly number[];
  /** [block size]: whether the id was there before the first step. */
  readonly given: readonly boolean[];
  readonly #maskId: number;

  private constructor(ids: readonly number[], given: readonly boolean[], maskId: number) {
    this.ids = ids;
    this.given = given;
    this.#maskId = maskId;
  }

  /** A block as it is before its first step. */
  static of(ids: readonly number[], maskId: number): BlockDraft {
    const given = ids.map((id) => id !== maskId);
    return new BlockDraft(ids, given, maskId);
  }

  /** The block after this one: as long, and masked whole. */
  next(): BlockDraft {
    return BlockDraft.of(
      this.ids.map(() => this.#maskId),
      this.#maskId,
    );
  }

  /** Offsets within the block, ascending. */
  get masked(): number[] {
    return this.ids.flatMap((id, offset) => (id === this.#maskId ? [offset] : []));
  }

  get isWhole(): boolean {
    return !this.ids.includes(this.#maskId);
  }

  with(reveal: readonly { readonly position: number; readonly id: number }[]): BlockDraft {
    const ids = [...this.ids];
    for (const { position, id } of reveal) ids[position] = id;
    return new BlockDraft(ids, this.given, this.#maskId);
  }

  /** The offset of the first stop id that was written; −1 where there is none. A given one ends nothing. */
  stopAt(stopIds: readonly number[]): number {
    return this.ids.findIndex((id, offset) => !this.given[offset] && stopIds.includes(id));
  }

  endsText(stopIds: readonly number[]): boolean {
    return this.stopAt(stopIds) !== -1;
  }
}
