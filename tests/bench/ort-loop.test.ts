import { expect, it } from 'vitest';
import { backendContestant, ortContestant } from '../../bench/page/contestant';
import { textRequest } from '../../bench/page/text-request';
import { smallBackend } from '../engine/small-model';

const settle = async () => {};

it.each([
  [1, 1],
  [4, 1],
  [4, 3],
])('writes what the engine writes, pass for pass: block size %d in %d steps', async (blockSize, steps) => {
  const [ours, peer] = [smallBackend(), smallBackend()];
  const request = textRequest(ours.config, blockSize, steps, 4);
  const written = [];
  for (const contestant of [backendContestant(ours, request, settle), ortContestant(peer, request, settle)]) {
    await contestant.prepare();
    written.push(await contestant.write(2));
  }
  expect(written[0]).toHaveLength(2 * blockSize);
  expect(written[0]).not.toContain(ours.config.maskId);
  expect(written[1]).toEqual(written[0]);
  expect(peer.calls).toEqual(ours.calls);
  expect(peer.passes).toEqual(ours.passes);
});

it('begins anew each time', async () => {
  const backend = smallBackend();
  const request = textRequest(backend.config, 4, 2, 8);
  const contestant = ortContestant(backend, request, settle);
  await contestant.prepare();
  const first = await contestant.write(1);
  await contestant.prepare();
  expect(backend.position).toBe(8);
  expect(await contestant.write(1)).toEqual(first);
});
