import { afterEach } from 'vitest';
import { type Client, createClient } from '../../src/worker/client';
import type { OpenModel } from '../../src/worker/loaded-model';
import type { PageMessage, WorkerMessage } from '../../src/worker/protocol';
import { serve } from '../../src/worker/serve';

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** The two ends of a real message channel with the worker's side served. `heard` is all it ever sent. */
export function openLine(openModel: OpenModel) {
  const { port1: page, port2: worker } = new MessageChannel();
  open.push(page, worker);
  const heard: WorkerMessage[] = [];
  page.addEventListener('message', (event: MessageEvent<WorkerMessage>) => heard.push(event.data));
  page.start();
  worker.start();
  serve(worker, openModel);
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

/** A client on the same channel, and the page's end of it, on which a test can let the worker crash. */
export function openClient(openModel: OpenModel): { client: Client; page: MessagePort; ended: () => boolean } {
  const { page } = openLine(openModel);
  let ended = false;
  const client = createClient({
    postMessage: (message) => page.postMessage(message),
    addEventListener: page.addEventListener.bind(page),
    terminate: () => {
      ended = true;
      page.close();
    },
  });
  return { client, page, ended: () => ended };
}

/** Time for messages to cross and be worked on. */
export function settle(milliseconds = 20): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
