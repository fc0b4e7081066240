import type { Backend } from '../backends/backend';
import { ringSize } from '../network/model-config';

/**
 * Puts the blocks of a sequence that has begun with `ids` into its cache, but for those it kept: a ring full in one
 * pass, before it a short first block in one of its own, and the blocks after it one by one, each evicting the
 * oldest. Returns the number of passes as if nothing had been kept, so that the draws do not depend on it.
 */
export async function prefillWhole(
  backend: Backend,
  ids: readonly number[],
  blockSize: number,
  signal: AbortSignal,
): Promise<number> {
  if (ids.length === 0 || signal.aborted) return 0;
  const short = ids.length % blockSize;
  const ring = ringSize(backend.config, blockSize);
  const together = Math.min(ids.length, ring - ((ring - short) % blockSize));
  if (backend.position < short) await backend.prefill(ids.slice(0, short));
  if (backend.position < together) await backend.prefill(ids.slice(backend.position, together));
  let passes = (short > 0 ? 1 : 0) + (together > short ? 1 : 0);
  for (let from = together; from < ids.length; from += blockSize) {
    // No events come out of a long prompt, and a backend may never leave the microtask queue: let a cancel in.
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) break;
    await backend.commitBlock(ids.slice(from, from + blockSize));
    passes++;
  }
  return passes;
}
