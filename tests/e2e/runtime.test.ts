import { statSync } from 'node:fs';
import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FOLDER, openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

type Backend = 'wasm' | 'webgpu';

/** What the page says where a backend's runtime cannot be had. */
async function alertWith(prepare: (page: Page) => Promise<unknown>, backend: Backend = 'wasm'): Promise<string> {
  const visit = await StoryPage.open(site, { backend }, prepare);
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

/** As a host whose policy for workers does without 'wasm-unsafe-eval'. */
const forbidden = (page: Page) =>
  page.route('**/worker-*.js', async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), 'content-security-policy': "script-src 'self'" };
    await route.fulfill({ response, headers });
  });

const FAULTS: readonly [string, (page: Page) => Promise<unknown>][] = [
  ['is not there', answer((route) => route.fulfill({ status: 404, body: 'Not found' }))],
  ['is a page', answer((route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><p>Sign in</p>' }))],
  ['is nothing', answer((route) => route.fulfill({ contentType: 'application/wasm', body: '' }))],
  ['does not come', answer((route) => route.abort())],
  ['may not be compiled', forbidden],
];

describe.each<Backend>(['wasm', 'webgpu'])('the runtime of %s', (backend) => {
  test.each(FAULTS)('that %s gets a sentence of its own', async (_, prepare) => {
    expect(await alertWith(prepare, backend)).toContain(
      'runtime (WebAssembly) could not be fetched, or its host forbids',
    );
  });
});

test('a runtime that comes at last is used', async () => {
  const visit = await StoryPage.open(site, {}, (page) => page.route('**/*.wasm', (route) => route.abort()));
  const again = visit.alert.getByRole('button', { name: 'Try again' });
  await again.waitFor();
  await visit.page.unroute('**/*.wasm');
  await again.click();
  await visit.reaches('finished');
  visit.complaints.length = 0;
  await visit.close();
});

test('the bytes of the runtime and of the model are counted together, as the connection carries them', async () => {
  const visit = await StoryPage.open(site, {}, (page) =>
    page.addInitScript(() => {
      const told: [number, number][] = [];
      const Native = Worker;
      globalThis.Worker = class extends Native {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          Object.assign(globalThis, { told });
          this.addEventListener('message', ({ data }) => {
            if (data.type === 'progress') told.push([data.loadedBytes, data.totalBytes]);
          });
        }
      };
    }),
  );
  await visit.reaches('finished');
  const told = (await visit.page.evaluate('told')) as [number, number][];
  await visit.close();
  const [loaded, total] = told.at(-1)!;
  expect(loaded).toBe(total);
  // The preview compresses the runtime to a quarter, and weights hardly at all.
  const runtime = total - statSync(`${FOLDER}/models/stories/model.safetensors`).size;
  expect(runtime).toBeGreaterThan(3e6);
  expect(runtime).toBeLessThan(6e6);
  const counts = told.map(([loaded]) => loaded);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
});

test.each([
  ['memory', "WebAssembly.Memory = class { constructor() { throw new RangeError('could not allocate memory'); } };"],
  ['growth', "WebAssembly.Memory.prototype.grow = () => { throw new RangeError('could not allocate memory'); };"],
])('a browser that refuses the runtime’s %s: there is no room', async (_, script) => {
  expect(await alertWith(inWorker(script))).toContain('There is no room for this model in memory');
});
