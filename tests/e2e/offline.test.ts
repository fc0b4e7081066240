import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeServiceWorker } from '../../scripts/service-worker-build';
import { TemporaryFolders } from '../temporary-folders';
import { PlainHost } from './plain-host';
import { FOLDER, openSite, type Site } from './site';
import { StoryPage } from './story-page';

const host = new PlainHost(FOLDER, '/some/sub/path/');
const folders = new TemporaryFolders();
let site: Site;
beforeAll(async () => {
  site = await openSite();
  await host.start();
});
afterAll(async () => {
  await site.close();
  await host.stop();
  await folders.remove();
});

/** A fresh visitor, and how many documents the page has been so far. */
async function visit(url: string, prepare: (page: Page) => Promise<unknown> = async () => {}) {
  let documents = 0;
  const visitor = await StoryPage.openWithServiceWorker({ browser: site.browser, url }, {}, async (page) => {
    page.on('domcontentloaded', () => {
      documents += 1;
    });
    await prepare(page);
  });
  return { visitor, documents: () => documents };
}

const backend = ({ page }: StoryPage) => page.locator('[data-fact="backend"]').textContent();
const isIsolated = ({ page }: StoryPage) => page.evaluate(() => crossOriginIsolated);

/** Paths with their query under the scope, of every cache whose name ends so. */
const kept = ({ page }: StoryPage, cache: string) =>
  page.evaluate(async (ending) => {
    const names = (await caches.keys()).filter((name) => name.endsWith(ending));
    const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    const folder = new URL('.', document.baseURI).href;
    return keys.flat().map(({ url }) => url.slice(folder.length));
  }, cache);

test('a host without headers, under a sub-path: threads after one reload, then the same text without a network', async () => {
  const { visitor, documents } = await visit(host.url);
  await visitor.reaches('finished');
  expect(documents()).toBe(2);
  expect(await isIsolated(visitor)).toBe(true);
  expect(await backend(visitor)).toMatch(/ [2-9] threads/);
  const text = await visitor.text();
  expect(text.length).toBeGreaterThan(60);

  await host.stop();
  await visitor.page.reload();
  await visitor.reaches('finished');
  expect(await visitor.text()).toBe(text);
  expect(await isIsolated(visitor)).toBe(true);
  expect(documents()).toBe(3);
  await host.start();
  await visitor.close();
});

test('a new build is offered and waits; it brings its own model files, and the old ones go', async () => {
  const { visitor, documents } = await visit(host.url);
  await visitor.reaches('finished');
  const before = await kept(visitor, ' model');
  const text = await visitor.text();
  host.folder = await newBuild();
  // What the browser tells a page that is looked at again.
  await visitor.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  const update = visitor.page.getByRole('button', { name: 'Update' });
  await update.waitFor();
  await visitor.page.waitForTimeout(500);
  expect(await visitor.text()).toBe(text);
  expect(documents()).toBe(2);

  await update.click();
  await visitor.page.waitForFunction(() => document.title === 'new build');
  await visitor.reaches('finished');
  expect(documents()).toBe(3);
  expect(await update.count()).toBe(0);
  expect(await visitor.text()).toBe(text);
  expect(await isIsolated(visitor)).toBe(true);
  const after = await kept(visitor, ' model');
  expect(after).toHaveLength(before.length);
  expect(after.filter((key) => !before.includes(key))).toEqual([
    expect.stringMatching(/^models\/stories\/tokenizer_config\.json\?sha256=/),
  ]);
  host.folder = FOLDER;
  await visitor.close();
});

test('a host that isolates the page: nothing is reloaded, the first visit is kept whole and can be installed', async () => {
  const { visitor, documents } = await visit(site.url);
  await visitor.reaches('finished');
  expect(documents()).toBe(1);
  expect(await kept(visitor, ' model')).toContainEqual(expect.stringContaining('model.safetensors'));
  expect(await kept(visitor, ' runtime')).toEqual([expect.stringMatching(/^assets\/ort-wasm-.*\.wasm\?sha256=/)]);
  expect(await kept(visitor, '')).not.toContainEqual(expect.stringContaining('bench'));
  await checkManifest(visitor);
  await visitor.close();
});

test('where storage is full the page works, isolated, and keeps nothing', async () => {
  const { visitor } = await visit(host.url, async (page) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(host.url).origin, quotaSize: 1 });
  });
  await visitor.reaches('finished');
  expect(await isIsolated(visitor)).toBe(true);
  expect(await kept(visitor, '')).toEqual([]);
  await visitor.close();
});

/** What installing takes: the manifest stays in the site's folder, and its icons are what it says. */
async function checkManifest({ page }: StoryPage): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { url, errors, data } = await session.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data!);
  expect(manifest).toMatchObject({ display: 'standalone', start_url: './', scope: './' });
  for (const { src, sizes, type } of manifest.icons) {
    const size = await page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, new URL(src, url).href);
    if (type === 'image/png') expect(size).toBe(sizes);
  }
}

/** The built site with another page and a model of which one file is another. */
async function newBuild(): Promise<string> {
  const folder = await folders.make();
  await cp(FOLDER, folder, { recursive: true });
  const rewrite = async (path: string, change: (text: string) => string) => {
    const file = join(folder, path);
    await writeFile(file, change(await readFile(file, 'utf8')));
  };
  await rewrite('index.html', (html) => html.replace(/<title>.*<\/title>/, '<title>new build</title>'));
  await rewrite('models/stories/tokenizer_config.json', (json) => `${json} `);
  const bytes = await readFile(join(folder, 'models/stories/tokenizer_config.json'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await rewrite('models/stories/manifest.json', (json) => {
    const manifest = JSON.parse(json);
    Object.assign(
      manifest.files.find(({ path }: { path: string }) => path === 'tokenizer_config.json'),
      { bytes: bytes.length, sha256 },
    );
    return JSON.stringify(manifest);
  });
  await writeServiceWorker(folder);
  return folder;
}
