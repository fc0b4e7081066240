import { type Backend, type BlockStep, type BlocksRequest, type BlockwiseRequest, isBlockwise } from './backend';
import { BlockDraft } from './block-draft';
import { guessesOf, predictionOf } from './block-step';
import { startBlock } from './reveal-policies';
import { type SpeculativeVerbs, writeSpeculatively } from './speculative-loop';

/** What a run of blocks asks of a backend. */
export type BlockVerbs = Pick<Backend, 'config' | 'position' | 'denoiseStep' | 'commitBlock'>;

/**
 * `Backend.writeBlocks` by the verbs, pass for pass: for backends without a loop of their own, and what such a
 * loop must equal.
 */
export function writeBlocksByVerbs(
  backend: BlockVerbs & SpeculativeVerbs,
  request: BlocksRequest,
  signal: AbortSignal,
): AsyncGenerator<BlockStep, void> {
  return isBlockwise(request) ? writeBlockwise(backend, request, signal) : writeSpeculatively(backend, request, signal);
}

/** Reveals block after block, each followed by its clean pass. */
export async function* writeBlockwise(
  backend: BlockVerbs,
  request: BlockwiseRequest,
  signal: AbortSignal,
): AsyncGenerator<BlockStep, void> {
  const { maskId, stopIds } = backend.config;
  let { nfe } = request;
  let draft = BlockDraft.of(request.first, maskId);
  for (let block = 0; block < request.blocks && !signal.aborted; block++) {
    if (block > 0) {
      await backend.commitBlock(draft.ids);
      nfe++;
      draft = draft.next();
    }
    for await (const step of denoise(backend, draft, { ...request, nfe }, signal)) {
      nfe = step.nfe;
      draft = draft.with(step.reveal);
      yield step;
    }
    if (draft.endsText(stopIds)) return;
  }
}

/** Reveals the masks of a block. Stops early, with masks left, once `signal` is aborted. */
async function* denoise(
  backend: BlockVerbs,
  block: BlockDraft,
  request: BlockwiseRequest,
  signal: AbortSignal,
): AsyncGenerator<BlockStep, void> {
  const { sampling, report, subBlockSize = block.ids.length } = request;
  let { nfe } = request;
  let draft = block;
  if (backend.config.network.predicts === 'next' && draft.masked[0] === 0) {
    // The clean pass before the block, which was counted, predicts its first token.
    const drawn = await backend.denoiseStep({ ids: draft.ids, positions: [0], sampling, pass: nfe - 1 });
    draft = draft.with(drawn);
    yield { reveal: drawn.map(predictionOf), guesses: report === 'guesses' ? [] : undefined, nfe };
  }
  for (let start = 0; start < draft.ids.length; start += subBlockSize) {
    const maskedNow = () => draft.masked.filter((offset) => offset >= start && offset < start + subBlockSize);
    const position = backend.position + start;
    const policy = startBlock(request.policy, { position, masked: maskedNow().length, seed: sampling.seed });
    for (let step = 0; ; step++) {
      const masked = maskedNow();
      if (masked.length === 0) break;
      if (signal.aborted) return;
      const offsets = masked.map((offset) => offset - start);
      const positions = policy.candidates(offsets, step).map((offset) => offset + start);
      if (positions.length === 0) continue;
      const others = report === 'guesses' ? draft.masked.filter((offset) => !positions.includes(offset)) : [];
      const asked = [...positions, ...others];
      const drawn = await backend.denoiseStep({ ids: draft.ids, positions: asked, sampling, pass: nfe });
      nfe++;
      const judged = drawn.slice(0, positions.length);
      const reveal = policy.choose(judged.map(predictionOf), step);
      draft = draft.with(reveal);
      yield { reveal, guesses: report === 'guesses' ? guessesOf(drawn, judged, draft) : undefined, nfe };
    }
  }
}
