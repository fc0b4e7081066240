import type { Step, Story } from '../story/story';

/** Bars from 0 to 1. */
export const BINS = 20;

/** A bar: how many tokens of this probability the pass uncovered, and how many it left masked. */
export interface Bin {
  readonly revealed: number;
  readonly left: number;
}

/** The probabilities that a policy judged in a pass; of places left masked only those of runs that tell guesses. */
export interface PassProbabilities {
  readonly revealed: readonly number[];
  readonly left: readonly number[];
  /** What they had to exceed, where the policy has such a bound. */
  readonly threshold: number | null;
}

/** Null before the first step. */
export function probabilitiesAt({ steps, settings }: Pick<Story, 'steps' | 'settings'>, position: number) {
  const step: Step | undefined = steps[position - 1];
  if (!step) return null;
  return {
    revealed: step.reveal.map(({ probability }) => probability),
    left: (step.guesses ?? []).flatMap(({ drawn }) => drawn ?? []),
    threshold: settings.policy === 'threshold' ? settings.threshold : null,
  } satisfies PassProbabilities;
}

export function binsOf({ revealed, left }: Pick<PassProbabilities, 'revealed' | 'left'>): readonly Bin[] {
  const binOf = (probability: number) => Math.min(BINS - 1, Math.floor(probability * BINS));
  return Array.from({ length: BINS }, (_, bin) => ({
    revealed: revealed.filter((probability) => binOf(probability) === bin).length,
    left: left.filter((probability) => binOf(probability) === bin).length,
  }));
}

/** All of it in a sentence. */
export function histogramText({ revealed, left, threshold }: PassProbabilities): string {
  const parts = [`Uncovered: ${rangeText(revealed)}`];
  if (left.length > 0) parts.push(`left masked: ${rangeText(left)}`);
  if (threshold !== null) parts.push(`threshold ${percent(threshold)}`);
  return `${parts.join('; ')}.`;
}

/** `3 tokens, 88 to 97 %` */
function rangeText(probabilities: readonly number[]): string {
  const count = probabilities.length === 1 ? '1 token' : `${probabilities.length} tokens`;
  if (probabilities.length === 0) return count;
  const [least, most] = [percent(Math.min(...probabilities)), percent(Math.max(...probabilities))];
  return least === most ? `${count}, ${least}` : `${count}, ${least.replace(' %', '')} to ${most}`;
}

function percent(probability: number): string {
  return `${Math.round(probability * 100)} %`;
}
