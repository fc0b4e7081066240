import type { Backend, Prediction } from '../backends/backend';
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
  const { promptIds, blockSize, maxTokens, policy, sampling } = request;
  const { maskId, eosId } = backend.config;
  const { whole, rest } = startOf(promptIds, blockSize);
  const length = promptIds.length + maxTokens;
  backend.begin(blockSize, whole);
  yield { type: 'start', pinned: rest, blockSize };

  const ids = [...whole];
  let nfe = await prefillWhole(backend, whole, blockSize, signal);
  const run = {
    first: Array.from({ length: blockSize }, (_, offset) => rest[offset] ?? maskId),
    blocks: Math.ceil((length - whole.length) / blockSize),
    policy,
    sampling,
    nfe,
  };
  let pinned = rest;
  let draft = run.first;
  let block = 0;
  let step = 0;
  for await (const told of backend.writeBlocks(run, signal)) {
    draft = revealedIn(draft, told.reveal);
    nfe = told.nfe;
    yield { type: 'step', block, step, reveal: told.reveal, nfe };
    step++;
    if (draft.includes(maskId)) continue;

    const { kept, reason } = cutOf(draft, pinned, eosId, length - ids.length);
    ids.push(...kept);
    // A block that is not the last gets its clean pass.
    if (!reason) nfe++;
    yield { type: 'block', block, ids: kept, nfe };
    if (reason) {
      yield { type: 'end', reason, ids, nfe };
      return;
    }
    pinned = [];
    draft = draft.map(() => maskId);
    block++;
    step = 0;
  }
  yield { type: 'end', reason: 'cancelled', ids: [...ids, ...knownAtStart(pinned)], nfe };
}

/** The whole blocks that a prompt begins with, and the rest of it, which the first block to write begins with. */
function startOf(
  promptIds: GenerationRequest['promptIds'],
  blockSize: number,
): { readonly whole: readonly number[]; readonly rest: readonly (number | null)[] } {
  const known = knownAtStart(promptIds);
  const start = known.length - (known.length % blockSize);
  return { whole: known.slice(0, start), rest: promptIds.slice(start) };
}

/** The ids before the first one that is to be written. */
function knownAtStart(ids: readonly (number | null)[]): readonly number[] {
  const open = ids.indexOf(null);
  return (open === -1 ? ids : ids.slice(0, open)) as number[];
}

function revealedIn(draft: readonly number[], reveal: readonly Prediction[]): number[] {
  const revealed = [...draft];
  for (const { position, id } of reveal) revealed[position] = id;
  return revealed;
}

/**
 * What is kept of a finished block, and why the text ends there if it does. `room` is how many tokens of the
 * block may be kept; a pinned EOS does not count.
 */
function cutOf(
  draft: readonly number[],
  pinned: readonly (number | null)[],
  eosId: number | null,
  room: number,
): { readonly kept: readonly number[]; readonly reason?: 'eos' | 'length' } {
  const eos = draft.findIndex((id, offset) => id === eosId && (pinned[offset] ?? null) === null);
  if (eos !== -1 && eos < room) return { kept: draft.slice(0, eos + 1), reason: 'eos' };
  if (room <= draft.length) return { kept: draft.slice(0, room), reason: 'length' };
  return { kept: draft };
}
