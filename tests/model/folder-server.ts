import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface FolderServer {
  /** With its last slash. */
  readonly url: string;
  /** Answers in place of the files of these names. */
  readonly answers: Map<string, Answer>;
  /** What was asked for, in order. */
  readonly requests: IncomingMessage[];
  /** How many requests are not over. */
  open(): number;
  stop(): Promise<void>;
}

/** A folder on an http server of its own, which ends with the test. */
export async function serveFolder(folder: string): Promise<FolderServer> {
  const answers = new Map<string, Answer>();
  const requests: IncomingMessage[] = [];
  let open = 0;
  const server = createServer(async (request, response) => {
    requests.push(request);
    open += 1;
    response.on('close', () => {
      open -= 1;
    });
    const name = request.url!.replace('/model/', '');
    const answer = answers.get(name);
    if (answer) return answer(response, request);
    const bytes = await readFile(join(folder, name)).catch(() => null);
    response.writeHead(bytes ? 200 : 404).end(bytes ?? 'Not found');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/model/`, answers, requests, open: () => open, stop };
}
