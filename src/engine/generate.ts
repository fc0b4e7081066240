import { type Backend, type BlocksRequest, isBlockwise } from '../backends/backend';
import { BlockDraft } from '../backends/block-draft';
import { lastBlockStart, type ModelConfig } from '../network/model-config';
import { checkRequest } from './check-request';
import type { GenerationEvent, GenerationRequest } from './generation';
import { prefillWhole } from './prefill';

/**
 * Writes one text block by block; see `GenerationEvent` for what it yields. Once `signal` is aborted it
 * ends after the pass in flight, with `end` and the reason `cancelled`. Leaving the loop early stops it
 * too. The events are a pure function of the backend's model and the request.
 *
 * Throws `bad-input` for a request that the model cannot meet, and whatever the backend throws.
 */
export async function* generate(
  backend: Backend,
  request: GenerationRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, void> {
  checkRequest(request, backend.config);
  const { promptIds, blockSize, maxTokens, policy, subBlockSize, sampling, report } = request;
  const { writtenFrom = promptIds.length } = request;
  const { maskId, stopIds } = backend.config;
  const { whole, rest } = startOf(request, backend.config);
  const length = promptIds.length + maxTokens;
  backend.begin(blockSize, whole, writtenFrom);
  yield { type: 'start', pinned: rest, blockSize };

  const ids = [...whole];
  let nfe = await prefillWhole(backend, whole, blockSize, signal);
  const run: BlocksRequest = {
    first: Array.from({ length: blockSize }, (_, offset) => rest[offset] ?? maskId),
    blocks: Math.ceil((length - whole.length) / blockSize),
    policy,
    subBlockSize,
    sampling,
    report,
    nfe,
  };
  let draft = BlockDraft.of(run.first, maskId);
  let block = 0;
  let step = 0;
  for await (const { reveal, guesses, nfe: passes } of backend.writeBlocks(run, signal)) {
    draft = draft.with(reveal);
    nfe = passes;
    yield { type: 'step', block, step, reveal, guesses, nfe };
    step++;
    if (!draft.isWhole) continue;

    const { kept, reason } = cutOf(draft, { request, stopIds, before: ids });
    ids.push(...kept);
    // A block that is not the last gets its clean pass; a draft has had it.
    if (!reason && isBlockwise(run)) nfe++;
    yield { type: 'block', block, ids: kept, nfe };
    if (reason) {
      yield { type: 'end', reason, ids, nfe };
      return;
    }
    draft = draft.next();
    block++;
    step = 0;
  }
  yield { type: 'end', reason: 'cancelled', ids: [...ids, ...(block === 0 ? knownAtStart(rest) : [])], nfe };
}

/** The blocks that a prompt begins with, and the rest of it, which the first block to write begins with. */
function startOf(
  { promptIds, blockSize, anchor }: GenerationRequest,
  config: ModelConfig,
): { readonly whole: readonly number[]; readonly rest: readonly (number | null)[] } {
  const known = knownAtStart(promptIds);
  const start = lastBlockStart(config, blockSize, known.length, anchor ?? known.length);
  return { whole: known.slice(0, start), rest: promptIds.slice(start) };
}

/** The ids before the first one that is to be written. */
function knownAtStart(ids: readonly (number | null)[]): readonly number[] {
  const open = ids.indexOf(null);
  return (open === -1 ? ids : ids.slice(0, open)) as number[];
}

/** A text up to a finished block. */
interface TextBefore {
  readonly request: GenerationRequest;
  readonly stopIds: readonly number[];
  readonly before: readonly number[];
}

/**
 * What is kept of a finished block, and why the text ends there if it does: with a stop id that was not given, with
 * the request's ending, or with the last token that there is room for.
 */
function cutOf(
  draft: BlockDraft,
  { request: { promptIds, maxTokens, ending }, stopIds, before }: TextBefore,
): { readonly kept: readonly number[]; readonly reason?: 'eos' | 'length' } {
  const room = promptIds.length + maxTokens - before.length;
  const stop = draft.stopAt(stopIds);
  if (stop !== -1 && stop < room) return { kept: draft.ids.slice(0, stop + 1), reason: 'eos' };
  const kept = draft.ids.slice(0, room);
  const least = ending ? Math.max(promptIds.length + ending.after - before.length, 1) : kept.length + 1;
  const end = least <= kept.length ? ending?.place(before, kept, least) : undefined;
  if (end !== undefined) return { kept: kept.slice(0, end), reason: 'length' };
  return room <= draft.ids.length ? { kept, reason: 'length' } : { kept };
}
