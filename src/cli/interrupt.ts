import { EXIT } from './command';

/** How long, in ms, the same Ctrl-C may come in again: npm passes on what the terminal has already sent. */
const SAME_INTERRUPT = 500;

/** Ctrl-C aborts, for the work to end after the pass in flight; a second one ends the process at once. */
export function stopOnInterrupt(abort: AbortController): void {
  let first = Number.POSITIVE_INFINITY;
  process.on('SIGINT', () => {
    if (performance.now() - first > SAME_INTERRUPT) process.exit(EXIT.interrupted);
    first = Math.min(first, performance.now());
    abort.abort();
  });
}
