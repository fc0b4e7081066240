import { type Backend, type Prediction, ringSize } from '../backends/backend';
import { checkRequest } from './check-request';
import type { GenerationEvent, GenerationRequest } from './generation';
import { startBlock } from './reveal-policies';

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
  const { promptIds, blockSize, maxTokens } = request;
  const { maskId, eosId } = backend.config;
  backend.begin(blockSize);
  let pinned = promptIds.slice(promptIds.length - (promptIds.length % blockSize));
  yield { type: 'start', pinned, blockSize };

  const ids = [...promptIds];
  let nfe = await prefillPrompt(backend, promptIds.slice(0, promptIds.length - pinned.length), blockSize, signal);
  for (let block = 0; ; block++) {
    const draft = [...pinned, ...Array<number>(blockSize - pinned.length).fill(maskId)];
    let step = 0;
    for await (const reveal of denoise(backend, draft, request, nfe, signal)) {
      nfe++;
      yield { type: 'step', block, step, reveal, nfe };
      step++;
    }
    if (signal.aborted) break;

    const { length, reason } = cutOf(draft, pinned.length, eosId, promptIds.length + maxTokens - backend.position);
    ids.push(...draft.slice(pinned.length, length));
    if (!reason) {
      await backend.commitBlock(draft);
      nfe++;
    }
    yield { type: 'block', block, ids: draft.slice(0, length), nfe };
    if (reason) {
      yield { type: 'end', reason, ids, nfe };
      return;
    }
    pinned = [];
  }
  yield { type: 'end', reason: 'cancelled', ids, nfe };
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
 * Fills the masks of `draft` in place, and yields what each pass revealed. Every pass reveals something.
 * `firstPass` numbers the passes for the sampler. Stops early, with masks left, once `signal` is aborted.
 */
async function* denoise(
  backend: Backend,
  draft: number[],
  { policy, sampling }: GenerationRequest,
  firstPass: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Prediction[], void> {
  const { maskId } = backend.config;
  const start = { position: backend.position, masked: maskedPositions(draft, maskId).length, seed: sampling.seed };
  const blockPolicy = startBlock(policy, start);
  let pass = firstPass;
  for (let step = 0; ; step++) {
    const masked = maskedPositions(draft, maskId);
    if (masked.length === 0 || signal.aborted) return;
    const positions = blockPolicy.candidates(masked, step);
    if (positions.length === 0) continue;
    const predictions = await backend.denoiseStep({ ids: draft, positions, sampling, pass });
    pass++;
    const reveal = blockPolicy.choose(predictions, step);
    for (const { position, id } of reveal) draft[position] = id;
    yield reveal;
  }
}

function maskedPositions(draft: readonly number[], maskId: number): number[] {
  return draft.flatMap((id, position) => (id === maskId ? [position] : []));
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
