import { UnmaskError } from '../errors';
import { type ModelConfig, ringSize } from '../network/model-config';
import type { BlocksRequest, DenoiseStep, DraftStep } from './backend';
import { MOST_TREE_ROWS, treeRows } from './draft-tree';
import { checkDecodable } from './reveal-policies';

/**
 * Where a sequence stands on a backend, and whether what is asked of it makes sense: the part of the
 * `Backend` contract that is the same on every device. The checks throw `bad-input`, or `internal` before
 * the first `begin`.
 */
export class Sequence {
  readonly #config: ModelConfig;
  #blockSize = 0;
  /** Tokens of a short first block; 0 where all blocks are whole. */
  #shortBlock = 0;
  #ring = 0;
  /** Committed: the ids whose K and V are in the cache, or were before they gave way. */
  #ids: number[] = [];
  /** Where in the text what was written begins. */
  #writtenFrom = 0;
  /** The end of the last slot that was written, had the ring no end: past the ring's end the first blocks gave way. */
  #reached = 0;
  /** No pass since `begin`. */
  #fresh = false;

  constructor(config: ModelConfig) {
    this.#config = config;
  }

  /** 0 before the first `begin`. */
  get blockSize(): number {
    return this.#blockSize;
  }

  /** Slots of the KV ring. */
  get ring(): number {
    return this.#ring;
  }

  /** Tokens committed. */
  get position(): number {
    return this.#ids.length;
  }

  /** Whether position 0 of the next block has a prediction before any pass over that block. */
  get predictsFirst(): boolean {
    return this.#config.network.predicts === 'next' && this.position > 0;
  }

  begin(blockSize: number, ids: readonly number[] = [], writtenFrom = 0): void {
    const { contextLength, network, grid } = this.#config;
    if (!Number.isSafeInteger(blockSize) || blockSize < 1 || blockSize > contextLength) {
      throw new UnmaskError('bad-input', `The block size must be a whole number from 1 to ${contextLength}.`);
    }
    const shortBlock = grid === 'prompt' ? ids.length % blockSize : 0;
    const isSameGrid = blockSize === this.#blockSize && shortBlock === this.#shortBlock;
    // The last block's clean pass is made again where its last row predicts the next token.
    const most = network.predicts === 'next' ? ids.length - 1 : ids.length;
    const common = Math.min(commonLength(this.#ids, ids), most);
    const keeps = isSameGrid && this.#reached <= this.#ring;
    this.#ids = keeps ? this.#ids.slice(0, endOfBlocks(common, shortBlock, blockSize)) : [];
    this.#blockSize = blockSize;
    this.#writtenFrom = writtenFrom;
    this.#shortBlock = shortBlock;
    this.#ring = ringSize(this.#config, blockSize);
    this.#reached = this.position;
    this.#fresh = true;
  }

  /** The ids that were written: committed ones, and those of `next` after them that are no mask. */
  written(next: readonly number[]): Set<number> {
    const ids = new Set([...this.#ids, ...next].slice(this.#writtenFrom));
    ids.delete(this.#config.maskId);
    return ids;
  }

  /** After a pass over these ids whose keys and values stay. */
  advance(ids: readonly number[]): void {
    this.#ids.push(...ids);
    this.#fresh = false;
    this.reach(0);
  }

  /** Passes over so many rows after the committed ones were or will be made: they write to the slots of these. */
  reach(rows: number): void {
    this.#reached = Math.max(this.#reached, this.position + rows);
  }

  checkPrefill(ids: readonly number[]): void {
    if (this.position === 0 && this.#shortBlock > 0 && ids.length === this.#shortBlock) {
      this.#checkVocabulary(ids);
      return;
    }
    this.#checkIds(ids);
    if (!this.#fresh && this.position !== this.#shortBlock) {
      throw new UnmaskError('bad-input', 'prefill starts a sequence; call begin first.');
    }
    if (this.position + ids.length > this.#ring) {
      throw new UnmaskError('bad-input', `${ids.length} ids do not fit into the ring after ${this.position}.`);
    }
  }

  checkStep({ ids, positions }: DenoiseStep): void {
    this.checkBlock(ids);
    for (const position of positions) {
      if (!Number.isInteger(position) || position < 0 || position >= this.#blockSize) {
        throw new UnmaskError('bad-input', `Position ${position} is not in a block of ${this.#blockSize}.`);
      }
    }
    if (positions.length > this.#blockSize) throw new UnmaskError('bad-input', 'A position was asked for twice.');
    if (positions.includes(0)) this.#checkFirst();
  }

  checkBlock(ids: readonly number[]): void {
    this.#checkIds(ids);
    if (ids.length !== this.#blockSize) throw new UnmaskError('bad-input', `A block has ${this.#blockSize} ids.`);
    this.reach(ids.length);
  }

  checkDraft(step: DraftStep): void {
    this.#checkBegun();
    const { ids, settled } = step;
    const rows = treeRows(step);
    if (ids.length === 0 || rows > MOST_TREE_ROWS) {
      throw new UnmaskError('bad-input', `A draft takes 1 to ${MOST_TREE_ROWS} rows, not ${rows}.`);
    }
    if (!(settled >= 1 && settled <= ids.length)) {
      throw new UnmaskError('internal', `${settled} of ${ids.length} ids cannot be settled.`);
    }
    if (rows > settled && this.position + rows > this.#ring) {
      throw new UnmaskError('bad-input', 'The ring has no free slots for this draft.');
    }
    this.#checkVocabulary(ids);
    this.reach(rows);
  }

  checkRun({ first, blocks, subBlockSize, policy }: BlocksRequest): void {
    const { maskId, network } = this.#config;
    checkDecodable(policy, network);
    this.checkBlock(first);
    if (!first.includes(maskId)) throw new UnmaskError('bad-input', 'The first block has no mask.');
    if (first[0] === maskId) this.#checkFirst();
    if (!Number.isSafeInteger(blocks) || blocks < 1)
      throw new UnmaskError('bad-input', `${blocks} is no number of blocks.`);
    if (subBlockSize !== undefined && !(subBlockSize >= 1 && this.#blockSize % subBlockSize === 0)) {
      throw new UnmaskError('bad-input', `A block of ${this.#blockSize} has no parts of ${subBlockSize}.`);
    }
  }

  checkScored(ids: readonly number[]): void {
    if (ids.length > 0 && ids.length < this.#blockSize) this.#checkShortBlock(ids);
    else this.#checkIds(ids);
    if (this.position !== 0 && ids.length > this.#blockSize) {
      throw new UnmaskError('bad-input', 'Logits of several blocks need an empty cache.');
    }
    this.reach(ids.length);
  }

  /** Nothing before a text predicts its first token where rows predict the next one. */
  #checkFirst(): void {
    if (this.#config.network.predicts === 'own' || this.position > 0) return;
    throw new UnmaskError('bad-input', 'This model predicts the next token, so it needs at least one to begin with.');
  }

  #checkIds(ids: readonly number[]): void {
    this.#checkBegun();
    if (ids.length === 0 || ids.length % this.#blockSize !== 0 || ids.length > this.#ring) {
      throw new UnmaskError(
        'bad-input',
        `${ids.length} ids are not whole blocks of ${this.#blockSize} within ${this.#ring}.`,
      );
    }
    this.#checkVocabulary(ids);
  }

  #checkBegun(): void {
    if (this.#blockSize === 0) throw new UnmaskError('internal', 'begin() comes before any pass.');
  }

  /** A short block evicts nothing: the slots after it would be half of an old block. */
  #checkShortBlock(ids: readonly number[]): void {
    if (this.position >= this.#ring) {
      throw new UnmaskError('bad-input', `The context is full: only a whole block of ${this.#blockSize} can follow.`);
    }
    this.#checkVocabulary(ids);
  }

  /** Ids of the vocabulary, and the mask's where an autoregressive model has none: no pass reads that one. */
  #checkVocabulary(ids: readonly number[]): void {
    const { vocabSize, maskId } = this.#config;
    const bad = ids.find((id) => !Number.isInteger(id) || id < 0 || (id >= vocabSize && id !== maskId));
    if (bad !== undefined) throw new UnmaskError('bad-input', `${bad} is not an id below ${vocabSize}.`);
  }
}

function commonLength(ids: readonly number[], others: readonly number[]): number {
  const same = ids.findIndex((id, index) => id !== others[index]);
  return Math.min(same === -1 ? ids.length : same, others.length);
}

/** The last end of a block within `length` tokens. */
function endOfBlocks(length: number, shortBlock: number, blockSize: number): number {
  if (length < shortBlock) return 0;
  return length - ((length - shortBlock) % blockSize);
}
