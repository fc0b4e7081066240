import type { Models } from './loaded-model';
import type { PageMessage, WorkerMessage } from './protocol';
import { serve } from './serve';
import type { WorkerPort } from './worker-events';

/** Serves in this thread. What either side says is heard after the code at work, as across a real line. */
export function openLocal(models: Models): WorkerPort {
  const [client, worker] = [new EventTarget(), new EventTarget()];
  const say = (to: EventTarget, data: PageMessage | WorkerMessage) =>
    queueMicrotask(() => to.dispatchEvent(new MessageEvent('message', { data })));
  const end = serve(
    {
      postMessage: (message) => say(client, message),
      addEventListener: (type, listener) => worker.addEventListener(type, listener as EventListener),
    },
    models,
  );
  return {
    postMessage: (message) => say(worker, message),
    addEventListener: (type: string, listener: (event: never) => void) =>
      client.addEventListener(type, listener as EventListener),
    terminate: end,
  };
}
