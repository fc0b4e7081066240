import { afterEach } from 'vitest';
import { createClient } from '../../src/worker/client';
import type { Models } from '../../src/worker/loaded-model';
import type { PageMessage, WorkerMessage } from '../../src/worker/protocol';
import { serve } from '../../src/worker/serve';
import type { WorkerEvents } from '../../src/worker/worker-events';

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** The two ends of a real message channel with the worker's side served. `heard` is all it ever sent. */
export function openLine(models: Models) {
  const { port1: page, port2: worker } = new MessageChannel();
  open.push(page, worker);
  const heard: WorkerMessage[] = [];
  page.addEventListener('message', (event: MessageEvent<WorkerMessage>) => heard.push(event.data));
  page.start();
  worker.start();
  serve(worker, models);
  return {
    page,
    heard,
    say: (message: PageMessage) => page.postMessage(message),
    async hears(type: WorkerMessage['type'], runId: number): Promise<WorkerMessage> {
      for (let tries = 0; tries < 500; tries++) {
        const found = heard.find((message) => message.type === type && message.runId === runId);
        if (found) return found;
        await settle(2);
      }
      throw new Error(`no ${type} of run ${runId} came; heard ${JSON.stringify(heard)}`);
    },
  };
}

/** For who does not listen. */
export const NO_EVENTS: WorkerEvents = { stopped: () => {}, deviceLost: () => {} };

/**
 * A client on such channels, a new one for each worker that it starts. On `page`, the page's end of the newest, a
 * test can let the worker crash.
 */
export function openClient(models: Models, events: Partial<WorkerEvents> = {}) {
  const pages: MessagePort[] = [];
  let ended = 0;
  const client = createClient(
    () => {
      const { page } = openLine(models);
      pages.push(page);
      return {
        postMessage: (message) => page.postMessage(message),
        addEventListener: page.addEventListener.bind(page),
        terminate: () => {
          ended++;
          page.close();
        },
      };
    },
    { ...NO_EVENTS, ...events },
  );
  return { client, page: () => pages.at(-1)!, started: () => pages.length, ended: () => ended };
}

/** Time for messages to cross and be worked on. */
export function settle(milliseconds = 20): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
