import { type ModelConfig, ringSize } from '../network/model-config';
import type { Backend, BlockStep, BlocksRequest, Draw, Sampling } from './backend';
import { checkPredictions } from './check-predictions';
import { draftingRows } from './drafting-pass';
import { STREAM, uniform } from './random';
import { type Distribution, distribution, drawFrom } from './sample';
import { TextInBlocks } from './text-in-blocks';

/** What speculative sampling asks of a backend. */
export type SpeculativeVerbs = Pick<
  Backend,
  'config' | 'position' | 'denoiseStep' | 'rowLogits' | 'draftLogits' | 'keep'
>;

/** An id for a masked place of a window, and the distribution [vocab] that it was drawn from. */
interface Proposal {
  readonly draw: Draw;
  readonly from: Float64Array;
}

/** Ids of a window, if blocks are not shorter. Twice as many would give a window 0.02 tokens more (docs/LOG.md). */
const WINDOW = 4;

/**
 * Drafts are drawn at this share of the temperature: which ids they are drawn from changes how many are kept, and not
 * how the text is distributed. A draft knows fewer tokens than what judges it, and is flatter; so a window gives 3 %
 * more tokens (docs/LOG.md).
 */
const DRAFT_TEMPERATURE = 0.7;

/**
 * Speculative sampling with the model as its own draft: the masks of a window are proposed by noised rows, and a clean
 * pass over the proposals has the distribution p of block size 1 for each of their places. From left to right a
 * proposal x, drawn from q, is kept with probability min(1, p(x) / q(x)); the first that is not is replaced by a draw
 * from what p has over q, and where all are kept, the place after them is drawn from p. So the text is distributed as
 * at block size 1, and a window gives from 1 token to as many as it has ids. The next one begins with the token that no
 * clean pass has seen.
 *
 * The pass that judges a window drafts the next one too, wherever it will begin, so a window takes one pass. The first
 * one takes two, and so do those near the end of the ring, where drafts would evict what the text still needs.
 *
 * Windows do not end where blocks end: one that reaches into the next block gives two steps of the same `nfe`.
 *
 * Sources: Leviathan et al., "Fast Inference from Transformers via Speculative Decoding" (ICML 2023), algorithm 1; for
 * the one pass, Liu et al., "TiDAR: Think in Diffusion, Talk in Autoregression" (2025).
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
  let { nfe } = request;
  let draft: Float32Array | null = null;
  if (text.length === 0) {
    // The clean pass before the block, which was counted, predicts its first token.
    const [drawn] = await backend.denoiseStep({ ids: first, positions: [0], sampling, pass: nfe - 1 });
    yield* text.reveal([drawn!], { nfe, proposed: [] });
  }
  while (!text.isDone && !signal.aborted) {
    const from = backend.position - start;
    const known = text.length - from;
    // Known ids that no clean pass has seen: one, but for those that the first block was given.
    const length = Math.max(known, Math.min(WINDOW, first.length));
    const window = text.window(from, length);
    const drawing = { sampling, config, position: start + from };
    if (!draft && window.includes(config.maskId)) {
      draft = await backend.rowLogits(window, 'noised');
      nfe++;
    }
    const proposals = draft ? propose(window, draft, { ...drawing, pass: nfe - 1 }) : NO_PROPOSALS;
    const proposed = window.map((id, place) => proposals.get(place)?.draw.id ?? id);
    const drafts = length > 1 && length <= WINDOW && backend.position + draftingRows(length) <= ring;
    const clean = await backend.rowLogits(proposed, drafts ? 'drafting' : 'clean');
    const judged = judge(window, proposals, clean, { ...drawing, pass: nfe, known });
    nfe++;
    draft = drafts ? await backend.draftLogits(judged.seen - 1) : null;
    backend.keep(judged.seen);
    const shifted = (draw: Draw) => ({ ...draw, position: from + draw.position });
    yield* text.reveal(judged.draws.map(shifted), {
      nfe,
      proposed: [...proposals.values()].map(({ draw }) => shifted(draw)),
    });
  }
}

const NO_PROPOSALS: ReadonlyMap<number, Proposal> = new Map();

/** How ids are drawn for a window whose first place is at `position` of the sequence. */
interface Drawing {
  readonly sampling: Sampling;
  readonly config: Pick<ModelConfig, 'maskId' | 'vocabSize'>;
  readonly position: number;
  readonly pass: number;
}

/** A proposal for each masked place of a window, from noised rows [·, vocab]: row i predicts place i + 1. */
function propose(window: readonly number[], rows: Float32Array, drawing: Drawing): Map<number, Proposal> {
  const { sampling, config, position, pass } = drawing;
  const { maskId, vocabSize } = config;
  const sharper = { ...sampling, temperature: DRAFT_TEMPERATURE * sampling.temperature };
  const proposals = new Map<number, Proposal>();
  for (const [place, id] of window.entries()) {
    if (id !== maskId) continue;
    const row = rows.subarray((place - 1) * vocabSize, place * vocabSize);
    const from = distributionOrThrow(row, { ...drawing, sampling: sharper });
    const drawn = drawFrom(from.probabilities, uniform(sampling.seed, STREAM.token, pass, position + place));
    proposals.set(place, { draw: { position: place, ...from.draw(drawn) }, from: from.probabilities });
  }
  return proposals;
}

/**
 * What stays of the proposals for a window whose first `known` ids are settled, by the rows [window, vocab] of a
 * clean pass over it: the draws, and how many ids of the window the pass saw as they are now.
 */
function judge(
  window: readonly number[],
  proposals: ReadonlyMap<number, Proposal>,
  rows: Float32Array,
  drawing: Drawing & { readonly known: number },
): { readonly draws: Draw[]; readonly seen: number } {
  const { sampling, config, position, pass, known } = drawing;
  const { vocabSize } = config;
  const draws: Draw[] = [];
  for (let place = known; place <= window.length; place++) {
    const proposal = proposals.get(place);
    if (!proposal && place < window.length) continue; // It was given.
    const row = rows.subarray((place - 1) * vocabSize, place * vocabSize);
    const { probabilities: p, draw } = distributionOrThrow(row, drawing);
    const random = (stream: number) => uniform(sampling.seed, stream, pass, position + place);
    const keeps = proposal !== undefined && accepts(p, proposal, random(STREAM.accept));
    const id = keeps ? proposal.draw.id : drawFrom(proposal ? excess(p, proposal.from) : p, random(STREAM.token));
    draws.push({ position: place, ...draw(id) });
    if (!keeps) return { draws, seen: place };
  }
  throw new Error('the place after a window is always drawn');
}

/** True with probability min(1, p(x) / q(x)) of a proposal x that was drawn from q. */
function accepts(p: Float64Array, { draw: { id }, from: q }: Proposal, random: number): boolean {
  return random * q[id]! < p[id]!;
}

/** max(0, p − q), not normalised; p itself where rounding leaves nothing of that. */
function excess(p: Float64Array, q: Float64Array): Float64Array {
  const over = p.map((probability, id) => Math.max(0, probability - q[id]!));
  return over.some((weight) => weight > 0) ? over : p;
}

/** As `distribution`. Throws `bad-model` where a logit is not finite, or all are alike. */
function distributionOrThrow(row: Float32Array, { sampling, config }: Drawing): Distribution {
  const found = distribution(row, sampling, config.maskId);
  checkPredictions([found.draw(0)], config.vocabSize);
  return found;
}
