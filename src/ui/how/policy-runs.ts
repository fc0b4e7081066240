import type { PolicyName } from '../../library/unmask';
import recorded from './recorded-policies.json';

/** What the network predicted for a place: its number in the block, the probability of what it guessed, and the entropy in nats. */
type Predicted = readonly [position: number, probability: number, entropy: number];

export interface Pass {
  /** Of the places that the policy asked about. */
  readonly predictions: readonly Predicted[];
  /** The places that it uncovered, in this order. */
  readonly reveal: readonly number[];
}

/** One block as a policy uncovered it. */
export interface PolicyRun {
  readonly policy: {
    readonly name: PolicyName;
    readonly steps?: number;
    readonly threshold?: number;
    readonly entropyBound?: number;
  };
  readonly tokens: readonly string[];
  readonly passes: readonly Pass[];
}

interface Recording {
  readonly seed: number;
  /** The text before the block, and where in it the block begins, in tokens. */
  readonly before: string;
  readonly position: number;
  readonly runs: readonly PolicyRun[];
}

/**
 * One block of the embedded model by four policies, each with its likeliest tokens, recorded with
 *
 *   node scripts/run.mjs scripts/record-policies.ts
 */
export const POLICY_RUNS = recorded as unknown as Recording;

/** As many passes as the slowest of them took. */
export const MOST_PASSES = Math.max(...POLICY_RUNS.runs.map(({ passes }) => passes.length));

/** A place of a block after some passes. */
export interface SeenPlace {
  readonly text: string;
  /** Null while it is masked. */
  readonly probability: number | null;
  /** Whether the last of these passes uncovered it. */
  readonly latest: boolean;
}

/** The block after its first `count` passes, or all of them. */
export function placesAfter({ tokens, passes }: PolicyRun, count: number): readonly SeenPlace[] {
  const done = passes.slice(0, count);
  return tokens.map((text, position) => {
    const pass = done.findIndex(({ reveal }) => reveal.includes(position));
    const predicted = done[pass]?.predictions.find(([place]) => place === position);
    return { text, probability: predicted?.[1] ?? null, latest: pass !== -1 && pass === count - 1 };
  });
}

/** `Pass 3 of 10: 2 tokens` or `Done after 8 passes`. */
export function passText({ passes }: PolicyRun, count: number): string {
  if (count === 0) return 'Before the first pass';
  const revealed = passes[count - 1]?.reveal.length;
  if (revealed === undefined || count === passes.length) return `Done after ${passes.length} passes`;
  return `Pass ${count} of ${passes.length}: ${revealed === 1 ? '1 token' : `${revealed} tokens`}`;
}
