import { ringSize } from '../network/model-config';
import type { Backend, BlockStep, BlocksRequest, Draw, UnplacedDraw } from './backend';
import { MOST_TREE_ROWS, treeRows } from './draft-tree';
import { TextInBlocks } from './text-in-blocks';

/** What speculative sampling asks of a backend. */
export type SpeculativeVerbs = Pick<Backend, 'config' | 'position' | 'denoiseStep' | 'verifyDraft'>;

/** Masks of a draft, if blocks have room for them. Twice as many would give a pass 0.02 tokens more (docs/LOG.md). */
const MASKS = 3;

/**
 * Speculative sampling with the model as its own draft: what it finds likeliest at the masks after a text is a draft, and
 * a clean pass over the draft draws each of its places as block size 1 does, with the same random numbers. As long as
 * the draft has what is drawn the rows after it saw the right text, and their draws count; the first draw that is
 * another takes the draft's place. So a pass gives from one token to one more than the draft has, and the text is the
 * one that block size 1 writes, id for id, but for rounding. A draw that is another is often the second likeliest, so
 * the pass has a row for that one too.
 *
 * The pass that verifies a draft makes the next one too, wherever the text will go on. Near the end of the ring, where
 * drafts would evict what the text still needs, it goes on token by token.
 *
 * What a pass verifies does not end where blocks end: where it reaches into the next block it gives two steps of the
 * same `nfe`.
 *
 * Sources: Leviathan et al., "Fast Inference from Transformers via Speculative Decoding" (ICML 2023); that draft and text
 * need only share their random numbers, Daliri et al., "Coupling without Communication and Drafter-Invariant Speculative
 * Decoding" (2024); for the one pass, Liu et al., "TiDAR: Think in Diffusion, Talk in Autoregression" (2025).
 */
export async function* writeSpeculatively(
  backend: SpeculativeVerbs,
  request: BlocksRequest,
  signal: AbortSignal,
): AsyncGenerator<BlockStep, void> {
  const { config } = backend;
  const { sampling, first } = request;
  const text = new TextInBlocks(request, config);
  const start = backend.position;
  const ring = ringSize(config, first.length);
  const masks = Math.min(MASKS, first.length - 1);
  // A place is drawn with the number of the pass that draws it at block size 1.
  const firstPass = Math.max(0, request.nfe - 1) - text.length;
  let { nfe } = request;
  let draft: readonly UnplacedDraw[] = [];
  if (text.length === 0) {
    // The clean pass before the block, which was counted, predicts its first token. Block size 1 knows nothing of what is
    // given further on.
    const ids = first.map(() => config.maskId);
    const drawn = await backend.denoiseStep({ ids, positions: [0], sampling, pass: firstPass });
    yield* text.reveal(drawn, { nfe, draft: [] });
  }
  while (!text.isDone && !signal.aborted) {
    const from = backend.position - start;
    const room = Math.min(ring - backend.position, MOST_TREE_ROWS);
    // These are not in the cache: the last draw, at times the one before it, and what the first block was given.
    const settled = text.known(from).slice(0, MOST_TREE_ROWS);
    const open = text.maskedFrom(text.length);
    const step = {
      ids: settled,
      settled: settled.length,
      seconds: [],
      masks: 0,
      sampling,
      pass: firstPass + from + settled.length,
    };
    const candidates = draft.slice(0, open);
    const ids = [...settled, ...candidates.map(({ id }) => id)];
    const drafted = { ...step, ids, seconds: candidates.map(({ second }) => second), masks };
    const verified = await backend.verifyDraft(treeRows(drafted) <= room ? drafted : step);
    nfe++;
    const draws = verified.draws.map((draw) => ({ ...draw, position: from + draw.position }));
    yield* text.reveal(draws, { nfe, draft: placedAfter(draws.at(-1)!, verified.draft) });
    // What was given may come in between.
    draft = text.length === draws.at(-1)!.position + 1 ? verified.draft : [];
  }
}

/** A draft as draws at the places after one. */
function placedAfter({ position }: Draw, draft: readonly UnplacedDraw[]): Draw[] {
  return draft.map((likeliest, mask) => ({ ...likeliest, position: position + 1 + mask }));
}
