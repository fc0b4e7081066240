import type { Backend, BlockStep, BlocksRequest, Prediction } from './backend';
import { startBlock } from './reveal-policies';

/**
 * `Backend.writeBlocks` by the three verbs, pass for pass: for backends without a loop of their own, and
 * what such a loop must equal.
 */
export async function* writeBlocksByVerbs(
  backend: Backend,
  request: BlocksRequest,
  signal: AbortSignal,
): AsyncGenerator<BlockStep, void> {
  const { maskId, eosId } = backend.config;
  let { nfe } = request;
  const draft = [...request.first];
  for (let block = 0; block < request.blocks && !signal.aborted; block++) {
    if (block > 0) {
      await backend.commitBlock(draft);
      nfe++;
      draft.fill(maskId);
    }
    const masked = maskedPositions(draft, maskId);
    for await (const reveal of denoise(backend, draft, request, nfe, signal)) {
      nfe++;
      yield { reveal, nfe };
    }
    if (masked.some((position) => draft[position] === eosId)) return;
  }
}

/**
 * Fills the masks of `draft` in place, and yields what each pass revealed. `firstPass` numbers the passes
 * for the sampler. Stops early, with masks left, once `signal` is aborted.
 */
async function* denoise(
  backend: Backend,
  draft: number[],
  { policy, sampling }: BlocksRequest,
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
