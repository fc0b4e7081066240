import { linkedAbort } from './linked-abort';

/** How long a server is waited for. */
export interface Patience {
  /** Milliseconds without a byte after which a connection counts as lost. */
  readonly stallMs: number;
  /** Milliseconds before the next try: the first where the last try brought something, else one further each time. */
  readonly waitsMs: readonly number[];
}

export const PATIENCE: Patience = { stallMs: 20_000, waitsMs: [1000, 2000, 4000, 8000] };

/**
 * Runs a transfer that calls `alive` with each piece. Where none comes for `stallMs`, the transfer's signal aborts
 * with what `stalled` makes; with the AbortError of `signal` where that does.
 */
export function watched<T>(
  { stallMs }: Pick<Patience, 'stallMs'>,
  signal: AbortSignal,
  stalled: () => unknown,
  transfer: (signal: AbortSignal, alive: () => void) => Promise<T>,
): Promise<T> {
  return linkedAbort(signal, async (stop) => {
    const lose = () => stop.abort(stalled());
    let timer = setTimeout(lose, stallMs);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(lose, stallMs);
    };
    try {
      return await transfer(stop.signal, alive);
    } finally {
      clearTimeout(timer);
    }
  });
}

/** Throws the AbortError of `signal` as soon as it aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return linkedAbort(signal, async (stop) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
      stop.signal.addEventListener('abort', () => resolve());
    });
    clearTimeout(timer);
    signal.throwIfAborted();
  });
}
