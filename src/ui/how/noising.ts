import type { RecordedBlock, Reveal } from './recorded-block';

/** One place of a block under noise. */
export type Place =
  | { readonly state: 'masked' }
  | { readonly state: 'known'; readonly text: string; readonly probability: number };

/** The block with this many masks. They come in the reverse of the order in which they went. */
export function noised({ tokens, reveals }: RecordedBlock, masks: number): readonly Place[] {
  const known = new Map(uncovered(reveals, masks).map(({ position, probability }) => [position, probability]));
  return tokens.map((text, position) => {
    const probability = known.get(position);
    return probability === undefined ? { state: 'masked' } : { state: 'known', text, probability };
  });
}

/** What was uncovered last where this many masks are left; undefined where all are. */
export function lastUncovered({ reveals }: RecordedBlock, masks: number): Reveal | undefined {
  return uncovered(reveals, masks).at(-1);
}

function uncovered(reveals: readonly Reveal[], masks: number): readonly Reveal[] {
  return reveals.slice(0, reveals.length - masks);
}
