/**
 * How many different n-grams of ids a text has, as a share of all its n-grams; null for a text shorter
 * than n. Source: distinct-n of Li et al., "A Diversity-Promoting Objective Function for Neural
 * Conversation Models", NAACL 2016.
 */
export function distinctShare(ids: readonly number[], n: number): number | null {
  const total = ids.length - n + 1;
  if (total < 1) return null;
  const grams = new Set(Array.from({ length: total }, (_, from) => ids.slice(from, from + n).join()));
  return grams.size / total;
}

/** The share of a text's n-grams that have occurred in it before; null for a text shorter than n. */
export function repeatedShare(ids: readonly number[], n: number): number | null {
  const distinct = distinctShare(ids, n);
  return distinct === null ? null : 1 - distinct;
}
