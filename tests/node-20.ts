/**
 * vitest 5 sorts failures with `Map.groupBy`, which Node 20 lacks: without this it reports none of them.
 * Can go once the least Node is 22.
 */
Map.groupBy ??= function groupBy<Key, Item>(items: Iterable<Item>, keyOf: (item: Item, index: number) => Key) {
  const groups = new Map<Key, Item[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index++);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};
