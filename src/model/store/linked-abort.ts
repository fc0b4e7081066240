/** Runs something with a controller of its own that aborts with `signal`. Throws the AbortError before it begins. */
export async function linkedAbort<T>(signal: AbortSignal, run: (stop: AbortController) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const cancel = () => stop.abort(signal.reason);
  signal.addEventListener('abort', cancel);
  try {
    return await run(stop);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
