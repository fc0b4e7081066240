import { createModels } from './models';
import type { WorkerMessage } from './protocol';
import { serve } from './serve';

/** Serves the page from this worker, and first what it has said before. */
export function serveHere(said: readonly MessageEvent<unknown>[]): void {
  serve(
    {
      postMessage: (message) => self.postMessage(message),
      addEventListener: (type, listener) => self.addEventListener(type, listener),
    },
    createModels({ gpu: async () => navigator.gpu }),
  );
  for (const { data } of said) self.dispatchEvent(new MessageEvent('message', { data }));
  tellOfLife();
}

/** See `open-worker.ts`. */
function tellOfLife(): void {
  // Typed as always there, but missing where the page is not a secure context.
  const locks: LockManager | undefined = navigator.locks;
  if (!locks) return;
  const lock = `unmask worker ${crypto.randomUUID()}`;
  const held = locks.request(lock, () => {
    self.postMessage({ type: 'alive', runId: 0, lock } satisfies WorkerMessage);
    return new Promise(() => {});
  });
  // Some browsers refuse it: then the page learns of thrown errors alone.
  held.catch(() => {});
}
