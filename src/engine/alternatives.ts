import type { Backend } from '../backends/backend';
import { penalised } from '../backends/presence';
import { UnmaskError } from '../errors';
import { checkBlockSize } from './check-request';
import { logTotal } from './likelihood';
import { prefillWhole } from './prefill';

/** A masked place of a text that was being written. */
export interface MaskedPlace {
  /** The blocks before its block: whole ones, but the first on a grid that ends with the prompt. */
  readonly before: readonly number[];
  /** How many of the ids are the prompt's; those after them count for the presence penalty. */
  readonly writtenFrom: number;
  /** [block size] its block as it stood, null where masked. */
  readonly draft: readonly (number | null)[];
  /** Of the place, in its block. */
  readonly offset: number;
}

export interface Alternative {
  readonly id: number;
  /** Softmax at temperature 1 over all ids but the mask. */
  readonly probability: number;
}

/**
 * The `count` likeliest ids of a masked place by falling probability, of equal ones the lower id first: what the
 * network predicted when the block stood so. Starts a new sequence on the backend, and takes one pass and a
 * prefill. Returns nothing once `signal` is aborted; throws `bad-input` for a place that is none.
 */
export async function alternatives(
  backend: Backend,
  { before, writtenFrom, draft, offset }: MaskedPlace,
  count: number,
  signal: AbortSignal,
): Promise<Alternative[]> {
  const { vocabSize, maskId, grid, decoding } = backend.config;
  const blockSize = draft.length;
  checkBlockSize(blockSize, backend.config);
  if (grid === 'start' && before.length % blockSize !== 0)
    throw new UnmaskError('bad-input', 'The text before a block is of whole blocks.');
  if (draft[offset] !== null) throw new UnmaskError('bad-input', 'Only a masked place has alternatives.');
  backend.begin(blockSize, before);
  await prefillWhole(backend, before, blockSize, signal);
  if (signal.aborted) return [];
  const logits = await backend.logits(draft.map((id) => id ?? maskId));
  const row = logits.subarray(offset * vocabSize, (offset + 1) * vocabSize);
  const written = new Set([...before, ...draft].slice(writtenFrom).filter((id) => id !== null));
  return likeliest(penalised(row, written, decoding.presencePenalty), maskId, count);
}

/** The largest of a row of logits [vocab], the mask's taken as −∞. */
function likeliest(logits: Float32Array, maskId: number, count: number): Alternative[] {
  const total = logTotal(logits, maskId);
  return [...logits.keys()]
    .filter((id) => id !== maskId)
    .toSorted((a, b) => logits[b]! - logits[a]! || a - b)
    .slice(0, count)
    .map((id) => ({ id, probability: Math.exp(logits[id]! - total) }));
}
