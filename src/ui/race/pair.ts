/** Something for each of the two racers. */
export type Pair<T> = readonly [T, T];

/** Throws for another number than two. */
export function pairOf<T>(items: readonly T[]): Pair<T> {
  const [first, second] = items;
  if (first === undefined || second === undefined) throw new RangeError('A race has two sides.');
  return [first, second];
}
