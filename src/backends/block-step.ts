import type { Draw, Guess, Prediction } from './backend';
import type { BlockDraft } from './block-draft';

/** What a step tells of a draw that it revealed. */
export function predictionOf({ position, id, probability, entropy }: Draw): Prediction {
  return { position, id, probability, entropy };
}

/** Guesses for the places that the pass left masked, by position; `judged` are those of the draws that it judged. */
export function guessesOf(drawn: readonly Draw[], judged: readonly Draw[], draft: BlockDraft): Guess[] {
  const masked = new Set(draft.masked);
  const guesses = drawn.map((draw) => {
    const { position, likeliest, probability } = draw;
    return { position, ...likeliest, drawn: judged.includes(draw) ? probability : null };
  });
  return guesses.filter(({ position }) => masked.has(position)).toSorted((a, b) => a.position - b.position);
}
