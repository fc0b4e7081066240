import { expect, it } from 'vitest';
import { nudged } from '../../src/gpu/work-done';

/** As Firefox does: work that is done is found when something is submitted, and by itself only much later. */
function queueThatLooksWhenSubmittedTo(doneAfterMs: number) {
  let tell = (): void => {};
  const promise = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const doneAt = performance.now() + doneAfterMs;
  let looks = 0;
  const submit = () => {
    looks++;
    if (performance.now() >= doneAt) tell();
  };
  return { promise, submit, looks: () => looks };
}

it.each([0, 20])('finds work that takes %i ms when it is done, and looks no more after that', async (ms) => {
  const { promise, submit, looks } = queueThatLooksWhenSubmittedTo(ms);
  await nudged(submit, promise);
  const once = looks();
  expect(once).toBeGreaterThanOrEqual(1);
  expect(once).toBeLessThanOrEqual(ms + 1);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(looks()).toBe(once);
});

it('throws what the promise throws, as on a device that is lost, and looks no more', async () => {
  let looks = 0;
  const lost = Promise.reject(new Error('lost'));
  const submit = () => {
    looks++;
  };
  await expect(nudged(submit, lost)).rejects.toThrow('lost');
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(looks).toBe(1);
});
