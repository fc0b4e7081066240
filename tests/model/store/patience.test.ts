import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pause, watched } from '../../../src/model/store/patience';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
const stalled = () => new Error('stalled');

describe('a watched transfer', () => {
  it('ends when nothing comes for too long, however much came before', async () => {
    let alive = () => {};
    const transfer = watched({ stallMs: 100 }, new AbortController().signal, stalled, (signal, isAlive) => {
      alive = isAlive;
      return untilAborted(signal);
    });
    const over = vi.fn();
    const outcome = transfer.catch(over);
    for (let pieces = 0; pieces < 5; pieces++) {
      await vi.advanceTimersByTimeAsync(99);
      alive();
    }
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(100);
    await outcome;
    expect(over).toHaveBeenCalledWith(stalled());
    expect(vi.getTimerCount()).toBe(0);
  });

  it('returns what came, and watches no longer', async () => {
    const { signal } = new AbortController();
    expect(await watched({ stallMs: 100 }, signal, stalled, async () => 7)).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is cancelled with the reason that was given', async () => {
    const abort = new AbortController();
    const transfer = watched({ stallMs: 100 }, abort.signal, stalled, untilAborted);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(transfer).rejects.toBe(reason);
    await expect(watched({ stallMs: 100 }, abort.signal, stalled, untilAborted)).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('a pause lasts as long as it says, or until it is cancelled', async () => {
  const abort = new AbortController();
  const over = vi.fn();
  const first = pause(1000, abort.signal).then(over);
  await vi.advanceTimersByTimeAsync(999);
  expect(over).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await first;
  const second = pause(1000, abort.signal);
  abort.abort();
  await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  expect(vi.getTimerCount()).toBe(0);
});
