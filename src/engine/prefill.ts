import { type Backend, ringSize } from '../backends/backend';

/**
 * Puts whole blocks into the cache of a sequence that has begun with them, but for those it kept: a ring full in
 * one pass, and the blocks after it one by one, each evicting the oldest. Returns the number of passes as if
 * nothing had been kept, so that the draws do not depend on it.
 */
export async function prefillWhole(
  backend: Backend,
  ids: readonly number[],
  blockSize: number,
  signal: AbortSignal,
): Promise<number> {
  if (ids.length === 0 || signal.aborted) return 0;
  const together = Math.min(ids.length, ringSize(backend.config, blockSize));
  if (backend.position < together) await backend.prefill(ids.slice(backend.position, together));
  let passes = 1;
  for (let from = together; from < ids.length; from += blockSize) {
    // No events come out of a long prompt, and a backend may never leave the microtask queue: let a cancel in.
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) break;
    await backend.commitBlock(ids.slice(from, from + blockSize));
    passes++;
  }
  return passes;
}
