import { UnmaskError } from '../errors';
import type { WorkerMessage } from './protocol';
import type { WorkerPort } from './worker-events';

/** A document without an origin of its own may start no worker from a file. */
const IN_FRAME =
  'This page is shown in a sandboxed frame. The model runs in a worker, and browsers do not allow workers there. Open ' +
  'the page in a tab of its own.';
const BY_HOST =
  'The host of this page sandboxes it (Content-Security-Policy: sandbox). The model runs in a worker, and browsers do ' +
  'not allow workers in sandboxed pages. Tell whoever runs the site.';

function startWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'unmask' });
}

/**
 * Starts a worker. Its port says `error` also where the worker is gone without a word, as one that the browser
 * ended for its memory may be: the page asks for the Web Lock that the worker holds, and has it only then. Pages
 * of plain http have no Web Locks, and learn of thrown errors alone. Throws `bad-input` in a sandboxed page.
 */
export function openWorker(start: () => Worker = startWorker): WorkerPort {
  if (self.origin === 'null') throw new UnmaskError('bad-input', self === self.top ? BY_HOST : IN_FRAME);
  const worker = start();
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
