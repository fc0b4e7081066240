import { type Backend, type Prediction, ringSize } from '../backends/backend';
import { checkRequest } from './check-request';
import type { GenerationEvent, GenerationRequest } from './generation';

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
  backend.begin(blockSize);
  let pinned = promptIds.slice(promptIds.length - (promptIds.length % blockSize));
  yield { type: 'start', pinned, blockSize };

  const ids = [...promptIds];
  let nfe = await prefillPrompt(backend, promptIds.slice(0, promptIds.length - pinned.length), blockSize, signal);
  const masks = Array<number>(blockSize).fill(maskId);
  const first = [...pinned, ...masks.slice(pinned.length)];
  const blocks = Math.ceil((pinned.length + maxTokens) / blockSize);
  let draft = first;
  let block = 0;
  let step = 0;
  for await (const told of backend.writeBlocks({ first, blocks, policy, sampling, nfe }, signal)) {
    draft = revealedIn(draft, told.reveal);
    nfe = told.nfe;
    yield { type: 'step', block, step, reveal: told.reveal, nfe };
    step++;
    if (draft.includes(maskId)) continue;

    const room = pinned.length + maxTokens - (ids.length - promptIds.length);
    const { length, reason } = cutOf(draft, pinned.length, eosId, room);
    ids.push(...draft.slice(pinned.length, length));
    // A block that is not the last gets its clean pass.
    if (!reason) nfe++;
    yield { type: 'block', block, ids: draft.slice(0, length), nfe };
    if (reason) {
      yield { type: 'end', reason, ids, nfe };
      return;
    }
    pinned = [];
    draft = masks;
    block++;
    step = 0;
  }
  yield { type: 'end', reason: 'cancelled', ids, nfe };
}

function revealedIn(draft: readonly number[], reveal: readonly Prediction[]): number[] {
  const revealed = [...draft];
  for (const { position, id } of reveal) revealed[position] = id;
  return revealed;
}

/**
 * Puts the prompt's whole blocks into the cache: a ring full in one pass, and the blocks after it one by
 * one, each evicting the oldest. Returns the number of passes.
 */
async function prefillPrompt(
  backend: Backend,
  ids: readonly number[],
  blockSize: number,
  signal: AbortSignal,
): Promise<number> {
  if (ids.length === 0 || signal.aborted) return 0;
  const together = Math.min(ids.length, ringSize(backend.config, blockSize));
  await backend.prefill(ids.slice(0, together));
  let passes = 1;
  for (let from = together; from < ids.length; from += blockSize) {
    // No events come out of a long prompt, and a backend may never leave the microtask queue: let a cancel in.
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) break;
    await backend.commitBlock(ids.slice(from, from + blockSize));
    passes++;
  }
  return passes;
}

/**
 * How much of a finished block is kept, and why the text ends there if it does. `room` is how many
 * tokens of the block may be kept; only an EOS after the pinned ids counts.
 */
function cutOf(
  draft: readonly number[],
  pinned: number,
  eosId: number | null,
  room: number,
): { readonly length: number; readonly reason?: 'eos' | 'length' } {
  const eos = eosId === null ? -1 : draft.indexOf(eosId, pinned);
  if (eos !== -1 && eos < room) return { length: eos + 1, reason: 'eos' };
  if (room <= draft.length) return { length: room, reason: 'length' };
  return { length: draft.length };
}
