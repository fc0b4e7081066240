import { expect, test } from 'vitest';
import { lastUncovered, noised } from '../../src/ui/how/noising';
import { passesFor } from '../../src/ui/how/passes';
import { RECORDED_BLOCK } from '../../src/ui/how/recorded-block';

const { tokens, reveals } = RECORDED_BLOCK;

test('the recording uncovers each place once', () => {
  expect(reveals.map(({ position }) => position).toSorted((a, b) => a - b)).toEqual([...tokens.keys()]);
  for (const { probability } of reveals) expect(probability > 0 && probability <= 1).toBe(true);
});

test('noise masks as many as it says, and each further mask is what was uncovered last', () => {
  for (let masks = 0; masks <= tokens.length; masks++) {
    const places = noised(RECORDED_BLOCK, masks);
    expect(places.filter(({ state }) => state === 'masked').length).toBe(masks);
    if (masks === tokens.length) continue;
    const last = lastUncovered(RECORDED_BLOCK, masks);
    expect(places[last!.position]).toEqual({
      state: 'known',
      text: tokens[last!.position],
      probability: last!.probability,
    });
    expect(noised(RECORDED_BLOCK, masks + 1)[last!.position]).toEqual({ state: 'masked' });
  }
  expect(lastUncovered(RECORDED_BLOCK, tokens.length)).toBeUndefined();
});

test('passes: the steps of each block, and a storing pass for all but the last', () => {
  expect(passesFor(128, 16, 8)).toEqual({ autoregressive: 128, blocks: 71, carried: 64 });
  expect(passesFor(128, 1, 1)).toEqual({ autoregressive: 128, blocks: 255, carried: 128 });
  expect(passesFor(10, 4, 4)).toEqual({ autoregressive: 10, blocks: 14, carried: 12 });
});
