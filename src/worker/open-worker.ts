import type { WorkerMessage } from './protocol';
import type { WorkerPort } from './worker-events';

/**
 * Starts a worker. Its port says `error` also where the worker is gone without a word, as one that the browser
 * ended for its memory may be: the page asks for the Web Lock that the worker holds, and has it only then. Pages
 * of plain http have no Web Locks, and learn of thrown errors alone.
 */
export function openWorker(): WorkerPort {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'unmask' });
  const waiting = new AbortController();
  worker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => {
    if (data.type !== 'alive') return;
    const gone = () => {
      if (!waiting.signal.aborted) worker.dispatchEvent(new Event('error'));
    };
    navigator.locks.request(data.lock, { signal: waiting.signal }, gone).catch(() => {});
  });
  return {
    postMessage: (message) => worker.postMessage(message),
    addEventListener: worker.addEventListener.bind(worker),
    terminate() {
      waiting.abort();
      worker.terminate();
    },
  };
}
