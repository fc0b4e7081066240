import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { chromium, type Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { TemporaryFolders } from '../temporary-folders';
import { ModelHost, otherModel } from './model-host';
import { LONG_TEXT } from './page-parts';
import { PlainHost } from './plain-host';
import { LAUNCH, openSite, type Site } from './site';
import { StoryPage } from './story-page';
import { violations } from './violations';

const folders = new TemporaryFolders();
let site: Site;
let host: ModelHost;
beforeAll(async () => {
  site = await openSite();
  host = new ModelHost(await otherModel(folders));
  await host.start();
});
afterEach(() => host.release());
afterAll(async () => {
  await site.close();
  await host.stop();
  await folders.remove();
});

/** A visitor whose page has written its first text. */
async function visitor(settings: Parameters<typeof StoryPage.open>[1] = {}): Promise<StoryPage> {
  const visit = await StoryPage.open(site, { maxTokens: 16, ...settings });
  visit.page.setDefaultTimeout(20_000);
  return visit;
}

/** Opens the dialog and waits for its list. */
async function openDialog({ page }: StoryPage): Promise<Locator> {
  await page.getByRole('button', { name: 'Open a model…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Models' });
  await dialog.getByText(/ free$|^This browser cannot save/).waitFor();
  return dialog;
}

async function openUrl(visit: StoryPage, url: string): Promise<Locator> {
  const dialog = await openDialog(visit);
  await dialog.getByLabel(/^URL of a model folder/).fill(url);
  await dialog.getByRole('button', { name: 'Open', exact: true }).click();
  return dialog;
}

const nameShown = ({ page }: StoryPage, name: string) => page.locator('.facts dd', { hasText: name }).waitFor();

/** Closes the visit; what it asked of the other origin, and what did not come from there, is what the test is about. */
async function close(visit: StoryPage): Promise<void> {
  const expected = /^third party: http:\/\/127\.0\.0\.1|Failed to load resource/;
  const others = visit.complaints.filter((complaint) => !expected.test(complaint));
  visit.complaints.length = 0;
  await visit.close();
  expect(others).toEqual([]);
}

test('the form for another model stays where it first appears', async () => {
  const visit = await visitor();
  const { page } = visit;
  await visit.reaches('finished');
  await page.evaluate(() => {
    const note = (_: unknown, observer: MutationObserver) => {
      const form = document.querySelector('dialog form');
      if (!form) return;
      document.body.dataset.formTop = String(form.getBoundingClientRect().top);
      observer.disconnect();
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true });
  });
  const dialog = await openDialog(visit);
  const top = await dialog.locator('form').evaluate((form) => form.getBoundingClientRect().top);
  expect(top).toBeGreaterThan(0);
  expect(await page.evaluate(() => Number(document.body.dataset.formTop))).toBe(top);
  await close(visit);
});

test('a model is fetched from another origin, called off, gone on with, kept, used without its server, and removed', async () => {
  const visit = await visitor({ blockSize: 8 });
  const { page } = visit;
  await visit.reaches('finished');
  const text = await visit.text();

  host.holdsAt = 5e6;
  const dialog = await openUrl(visit, host.url);
  await dialog.waitFor({ state: 'detached' });
  await page.getByText(/^Fetching 127\.0\.0\.1:\d+\/other: [5-6]\.\d of 12\.5 MB$/).waitFor();
  await page.getByText(/^(waiting for data|.* left)$/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('.fetch').waitFor({ state: 'detached' });
  expect(await visit.text()).toBe(text);
  await visit.write();

  await openDialog(visit);
  const card = dialog.getByRole('listitem').filter({ hasText: 'Other stories' });
  await card.getByText(/[45]\.\d of 12\.5 MB saved/).waitFor();
  host.release();
  host.ranges.length = 0;
  await card.getByRole('button', { name: 'Continue' }).click();
  await nameShown(visit, 'Other stories');
  expect(host.ranges).toEqual([expect.stringMatching(/^bytes=[1-9]\d{6}-/)]);
  await page.getByText('not trained on blocks of 8 tokens, so the block size is now 4').waitFor();
  expect(await visit.text()).toBe(text);
  expect(await page.getByLabel('Title', { exact: true }).count()).toBe(0);
  await page.getByLabel('Opening words').fill('It was a dark night and');
  await visit.write();
  expect(await visit.text()).not.toBe(text);

  await host.stop();
  await page.reload();
  await visit.reaches('finished');
  await nameShown(visit, 'Other stories');
  expect(await page.getByLabel('Opening words').inputValue()).toBe('It was a dark night and');

  await openDialog(visit);
  expect(await dialog.getByText(/^Saved models use 12\.5 MB/).count()).toBe(1);
  expect(await card.getByRole('button', { name: 'Remove' }).count()).toBe(0);
  await dialog.getByRole('button', { name: 'Use Unmask Stories' }).click();
  await nameShown(visit, 'Unmask Stories');
  await openDialog(visit);
  await card.getByRole('button', { name: 'Remove' }).click();
  await card.getByText('frees 12.5 MB').waitFor();
  await card.getByRole('button', { name: 'Keep' }).press('Enter');
  await card.getByRole('button', { name: 'Remove' }).press('Enter');
  await card.getByRole('button', { name: 'Remove' }).click();
  await dialog.getByText(/^No other models saved/).waitFor();
  expect(await card.count()).toBe(0);
  await host.start();
  await close(visit);
});

test('an address that leads nowhere is explained in the dialog while the text is written on, and nothing is lost', async () => {
  const visit = await visitor({ ...LONG_TEXT, blockSize: 32 });
  await visit.reaches('writing');
  for (const [address, sentence] of [
    ['no address', /is not the address of a model folder/],
    [`${host.url}nowhere/`, /nowhere/],
  ] as const) {
    const dialog = await openUrl(visit, address);
    await dialog.getByRole('alert').filter({ hasText: sentence }).waitFor();
    expect(await dialog.getByLabel(/^URL of a model folder/).inputValue()).toBe(address);
    await visit.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    const focused = () => visit.page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe('Open a model…');
    expect(await visit.alert.count()).toBe(0);
  }
  expect(await visit.stop.isVisible()).toBe(true);
  await nameShown(visit, 'Unmask Stories');
  await visit.stop.click();
  await close(visit);
});

test('a folder of this device is chosen or dropped; one that cannot be opened leads back to the model before', async () => {
  const visit = await visitor();
  const { page } = visit;
  await visit.reaches('finished');
  const text = await visit.text();
  const silent = await withoutTokenizer(host.folder);
  const dialog = await openDialog(visit);
  const input = dialog.locator('input[type="file"]');
  await input.setInputFiles(silent);
  await visit.alert.getByText('no tokenizer').waitFor();
  expect(await visit.text()).toBe(text);
  await visit.alert.getByRole('button', { name: 'Back to Unmask Stories' }).click();
  await nameShown(visit, 'Unmask Stories');

  const session = await page.context().newCDPSession(page);
  const drop = { x: 700, y: 300, data: { items: [], files: [host.folder], dragOperationsMask: 1 } };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, ...drop });
  }
  await nameShown(visit, 'Other stories');
  await openDialog(visit);
  await dialog.getByText(`the folder “${basename(host.folder)}”`).waitFor();
  await close(visit);
});

test('a worker that is gone without a word is started again once, and then offered', async () => {
  const visit = await visitor({ ...LONG_TEXT, blockSize: 32 });
  const { page } = visit;
  await visit.page.locator('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"]').nth(1).waitFor();
  const title = page.getByLabel('Title', { exact: true });
  await title.fill('Kept through it all');
  // Not awaited: a worker that is gone gives no answer.
  const kill = () => {
    for (const worker of page.workers()) worker.evaluate(() => self.close()).catch(() => {});
  };
  kill();
  await page.getByText('The model stopped unexpectedly and was restarted.').waitFor();
  expect(await visit.alert.count()).toBe(0);
  expect((await visit.text()).length).toBeGreaterThan(20);
  expect(await title.inputValue()).toBe('Kept through it all');
  await visit.generate.click();
  await visit.reaches('writing');
  kill();
  await visit.alert.getByRole('button', { name: 'Load the model again' }).click();
  await nameShown(visit, 'Unmask Stories');
  expect(await visit.alert.count()).toBe(0);
  await close(visit);
});

test('over plain http nothing is kept and that is said, but a model can be used', async () => {
  const plain = new PlainHost(process.env.SITE ?? 'dist', '/');
  await plain.start();
  // Browsers trust this machine by its usual names alone.
  const rule = '--host-resolver-rules=MAP plain.test 127.0.0.1';
  const browser = await chromium.launch({ ...LAUNCH, args: [...LAUNCH.args, rule] });
  const url = plain.url.replace('127.0.0.1', 'plain.test');
  const visit = await StoryPage.open({ browser, url, close: async () => {} }, { maxTokens: 16 });
  await visit.reaches('finished');
  const dialog = await openUrl(visit, host.url);
  await nameShown(visit, 'Other stories');
  await openDialog(visit);
  await dialog.getByText('This browser cannot save models for this page').waitFor();
  const card = dialog.getByRole('listitem').filter({ hasText: 'Other stories' });
  expect(await card.textContent()).toMatch(/not saved.*In use/);
  await close(visit);
  await browser.close();
  await plain.stop();
});

test.each([
  ['estimate', "StorageManager.prototype.estimate = () => Promise.reject(new TypeError('no'));"],
  [
    'directory',
    "StorageManager.prototype.getDirectory = () => { throw new DOMException('The operation is insecure.', 'SecurityError'); };",
  ],
  [
    'files',
    "FileSystemFileHandle.prototype.createSyncAccessHandle = () => Promise.reject(new DOMException('no', 'UnknownError'));",
  ],
  ['locks', "LockManager.prototype.request = () => Promise.reject(new DOMException('no', 'SecurityError'));"],
])(
  'a browser that refuses its %s when that is used keeps nothing, which is said, but a model can be used',
  async (_, script) => {
    const visit = await StoryPage.open(site, { maxTokens: 16 }, (page) =>
      page.route('**/worker-*.js', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `${script}\n${await response.text()}` });
      }),
    );
    await visit.reaches('finished');
    // A worker that a test sent may not ask other origins of this machine.
    const dialog = await openUrl(visit, `${site.url}models/stories/`);
    await dialog.waitFor({ state: 'detached' });
    await visit.reaches('finished');
    await openDialog(visit);
    await dialog.getByText('This browser cannot save models for this page').waitFor();
    await dialog
      .getByRole('listitem')
      .filter({ hasText: /not saved.*In use/ })
      .waitFor();
    await close(visit);
  },
);

test('360 pixels: how the fetching goes is in view; the dialog is WCAG AA, and nothing scrolls sideways', async () => {
  const visit = await visitor();
  const { page } = visit;
  await page.setViewportSize({ width: 360, height: 740 });
  await visit.reaches('finished');
  await page.getByRole('button', { name: 'Settings' }).click();
  host.holdsAt = 3e6;
  const dialog = await openUrl(visit, host.url);
  const cancel = page.getByRole('button', { name: 'Cancel' });
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => cancel.evaluate(isInView)).toBe(true);
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/models-fetching.png` });
  host.release();
  await nameShown(visit, 'Other stories');
  await openDialog(visit);
  await dialog.getByRole('button', { name: 'Use Unmask Stories' }).click();
  await nameShown(visit, 'Unmask Stories');
  await openUrl(visit, 'no address');
  await dialog.getByRole('alert').waitFor();
  await dialog.getByRole('button', { name: 'Remove Other stories' }).click();
  await dialog.getByText(/^Removing/).waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await violations(page)).toEqual([]);
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/models-${colorScheme}.png` });
  }
  expect(await dialog.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
  await close(visit);
});

/** True for an element that nothing covers. */
function isInView(element: Element): boolean {
  const { x, y, width, height } = element.getBoundingClientRect();
  return element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}

/** A copy of a model folder whose manifest lists no tokenizer. */
async function withoutTokenizer(folder: string): Promise<string> {
  const copy = join(await folders.make(), 'silent');
  await mkdir(copy);
  await cp(folder, copy, { recursive: true });
  const file = join(copy, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  const files = manifest.files.filter(({ path }: { path: string }) => !path.startsWith('tokenizer'));
  await writeFile(file, JSON.stringify({ ...manifest, id: 'silent', name: 'Silent', files }));
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) await rm(join(copy, name));
  return copy;
}
