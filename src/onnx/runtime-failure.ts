import { UnmaskError } from '../errors';

/** Names missing memory, of which browsers and onnxruntime tell in words only. Any other failure stays what it is. */
export function runtimeFailure(error: unknown): unknown {
  if (error instanceof UnmaskError) return error;
  const isMemory = error instanceof RangeError || /bad_alloc|allocat|out of memory|OOM/i.test(String(error));
  return isMemory ? noRoom(error) : error;
}

export function noRoom(cause: unknown): UnmaskError {
  return new UnmaskError(
    'out-of-memory',
    'There is no room for this model in memory. Close other pages, or take a smaller export (--dtype q8 or q4).',
    { cause },
  );
}
