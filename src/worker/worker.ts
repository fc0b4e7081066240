/**
 * The worker's entry. What serves comes as a chunk of its own: WebKit evaluates an entry a second time when a chunk
 * imports from it, which bundlers let a chunk do that shares code with an entry.
 */
const said: MessageEvent<unknown>[] = [];
const keep = (event: MessageEvent<unknown>) => said.push(event);
self.addEventListener('message', keep);
import('./serve-here').then(
  ({ serveHere }) => {
    self.removeEventListener('message', keep);
    serveHere(said);
  },
  (error) =>
    // Out of the promise, for the page to hear of it.
    setTimeout(() => {
      throw error;
    }),
);

export {};
