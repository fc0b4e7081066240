import { readFileSync } from 'node:fs';

/** A deterministic generation by the authors' code; see the README of `bd3lm-tiny`. */
export interface GreedyTrace {
  readonly prompt_ids: number[];
  readonly final_ids: number[];
  readonly steps: {
    /** Counts the prompt's blocks too. */
    readonly block: number;
    readonly step: number;
    readonly reveal: [position: number, id: number, probability: number][];
  }[];
}

/** With the steps per block that reveal as many tokens each as the trace does. */
export const TRACES = [
  { file: 'greedy-trace-p2-k1.json', steps: 4 },
  { file: 'greedy-trace-p1-k2.json', steps: 2 },
] as const;

export function readTrace(file: string): GreedyTrace {
  return JSON.parse(readFileSync(new URL(`../fixtures/bd3lm-tiny/${file}`, import.meta.url), 'utf8')) as GreedyTrace;
}
