import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FOLDER, openSite, type Site } from './site';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** Serves what `site` does with other headers; `html` in place of the page if given. */
async function proxy(
  headers: (type: string) => Record<string, string>,
  html?: string,
): Promise<Server & { url: string }> {
  const server = createServer(async (request, response) => {
    if (html !== undefined && request.url === '/frame') {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(html);
      return;
    }
    const answer = await fetch(new URL(request.url!, site.url));
    const type = answer.headers.get('content-type') ?? '';
    response.writeHead(answer.status, { 'Content-Type': type, ...headers(type) });
    response.end(new Uint8Array(await answer.arrayBuffer()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

test('opened from disk, the page says that it has to be served, and how', async () => {
  const page = await site.browser.newPage();
  await page.goto(pathToFileURL(resolve(FOLDER, 'index.html')).href);
  expect(await page.getByText('npm start').isVisible()).toBe(true);
  await page.close();
});

test('where scripts come as plain text, the page says so after a while', async () => {
  const host = await proxy((type) => (type.includes('javascript') ? { 'Content-Type': 'text/plain' } : {}));
  const page = await site.browser.newPage();
  await page.goto(host.url);
  const line = page.getByText('with its .js files sent as JavaScript');
  expect(await line.isVisible()).toBe(false);
  await line.waitFor({ timeout: 15_000 });
  await page.close();
  await stop(host);
});

test('while the page starts as it should, nothing is said of servers', async () => {
  const page = await site.browser.newPage({ serviceWorkers: 'block' });
  await page.goto(site.url);
  await page.getByRole('heading', { name: 'Unmask', level: 1 }).waitFor();
  expect(await page.getByText('npm start').count()).toBe(0);
  await page.close();
});

test.each(['a sandboxed frame', 'a policy of the host'])(
  'without an origin, by %s, the page says why it cannot run',
  async (how) => {
    const frame = how === 'a sandboxed frame';
    const host = await proxy(
      () => ({
        'Access-Control-Allow-Origin': '*',
        ...(frame ? {} : { 'Content-Security-Policy': 'sandbox allow-scripts' }),
      }),
      '<!doctype html><iframe sandbox="allow-scripts" src="/" width="1100" height="700"></iframe>',
    );
    const page = await site.browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(frame ? `${host.url}frame` : host.url);
    const root = frame ? page.frameLocator('iframe') : page;
    const why = frame ? 'This page is shown in a sandboxed frame' : 'The host of this page sandboxes it';
    await root.getByText(why).waitFor({ timeout: 30_000 });
    // What needs no model works.
    await root.getByLabel('Title', { exact: true }).fill('Two Moons');
    await root.getByRole('link', { name: 'How it works' }).click();
    await root.getByRole('heading', { name: 'How it works', exact: true }).waitFor();
    expect(errors).toEqual([]);
    await page.close();
    await stop(host);
  },
);
