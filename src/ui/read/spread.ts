import type { Schedule } from '../../library/unmask';
import type { Spread } from './report';

/** From the least to the greatest value of all draws, in nats a token, so that all strips share an axis. */
export function rangeOf(spreads: readonly Spread[]): readonly [number, number] {
  const values = spreads.flatMap(({ values }) => values);
  return values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
}

/** Where a value stands on the axis, 0 … 1; in the middle where all values are one. */
export function placeOn([least, most]: readonly [number, number], value: number): number {
  return most > least ? (value - least) / (most - least) : 0.5;
}

/** `Linear` or `U[0.3, 0.8]` */
export function scheduleName({ from, to }: Schedule): string {
  return from === 0 && to === 1 ? 'Linear' : `U[${from}, ${to}]`;
}
