import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** What the page says where the CPU's runtime cannot be had. */
async function alertWith(prepare: (page: Page) => Promise<unknown>): Promise<string> {
  const visit = await StoryPage.open(site, {}, prepare);
  await visit.alert.waitFor();
  const text = (await visit.alert.textContent()) ?? '';
  visit.complaints.length = 0;
  await visit.close();
  return text;
}

const answer = (fulfil: (route: Route) => Promise<void>) => (page: Page) => page.route('**/*.wasm', fulfil);

/** Puts a line of script before the backend's own, in the worker. */
const inWorker = (script: string) => (page: Page) =>
  page.route('**/wasm-backend-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\n;${script}` });
  });

test.each<[string, (page: Page) => Promise<unknown>]>([
  ['is not there', answer((route) => route.fulfill({ status: 404, body: 'Not found' }))],
  ['is a page', answer((route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><p>Sign in</p>' }))],
  ['is nothing', answer((route) => route.fulfill({ contentType: 'application/wasm', body: '' }))],
  ['does not come', answer((route) => route.abort())],
  [
    'may not be compiled',
    inWorker("WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('blocked by CSP'));"),
  ],
])('a runtime that %s gets a sentence of its own', async (_, prepare) => {
  expect(await alertWith(prepare)).toContain('runtime (WebAssembly) could not be fetched, or its host forbids it');
});

test.each([
  ['memory', "WebAssembly.Memory = class { constructor() { throw new RangeError('could not allocate memory'); } };"],
  ['growth', "WebAssembly.Memory.prototype.grow = () => { throw new RangeError('could not allocate memory'); };"],
])('a browser that refuses the runtime’s %s: there is no room', async (_, script) => {
  expect(await alertWith(inWorker(script))).toContain('There is no room for this model in memory');
});
