import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const WEIGHTS = '**/models/stories/model.safetensors';

test('loading counts bytes, can be cancelled, and can be begun again', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const visit = await StoryPage.open(site, {}, (page) =>
    page.route(WEIGHTS, async (route) => {
      await held;
      await route.continue().catch(() => {});
    }),
  );
  await visit.page.getByText(/^Loading the model and runtime: \d+\.\d of [1-9]\d*\.\d\sMB$/).waitFor();
  expect(await visit.generate.isDisabled()).toBe(true);
  await visit.page.getByRole('button', { name: 'Cancel' }).click();
  await visit.page.getByText('The model was not loaded').waitFor();
  release();
  await visit.page.getByRole('button', { name: 'Load the model' }).click();
  await visit.reaches('finished');
  await visit.close();
});

test.each([
  ['missing', 'manifest.json', { status: 404, body: 'gone' }],
  ['damaged', 'config.json', { status: 200, body: '{"model_type":"bd3lm"}' }],
])('a model with a %s file is explained, nothing is lost, and Try again works', async (_name, file, answer) => {
  const pattern = `**/models/stories/${file}`;
  const visit = await StoryPage.open(site, { title: 'Kept' }, (page) =>
    page.route(pattern, (route) => route.fulfill(answer)),
  );
  await visit.alert.waitFor();
  expect(await visit.alert.textContent()).toContain(file);
  // What plays instead goes on, and no longer promises a model.
  expect(await visit.page.locator('.story .caption').textContent()).toBe('A recording');
  await visit.page.getByLabel('Title', { exact: true }).fill('Kept through it all');
  await visit.page.unroute(pattern);
  await visit.alert.getByRole('button', { name: 'Try again' }).click();
  await visit.reaches('finished');
  expect(await visit.page.getByRole('heading', { name: 'Kept through it all' }).isVisible()).toBe(true);
  expect(await visit.alert.count()).toBe(0);
  // The browser itself reports the 404 it was given.
  expect(visit.complaints.filter((text) => !/status of 404/.test(text))).toEqual([]);
  visit.complaints.length = 0;
  await visit.close();
});

test.each([
  ['throws', { contentType: 'text/javascript', body: 'throw new Error("broken")' }],
  ['is not there', { status: 404, body: 'gone' }],
])('a worker whose script %s is an error with a way out', async (_, answer) => {
  const worker = '**/assets/worker-*.js';
  const visit = await StoryPage.open(site, {}, (page) => page.route(worker, (route) => route.fulfill(answer)));
  await visit.alert.waitFor();
  expect(await visit.alert.textContent()).toContain('could not be fetched or started');
  await visit.page.unroute(worker);
  await visit.alert.getByRole('button', { name: 'Try again' }).click();
  await visit.reaches('finished');
  visit.complaints.length = 0;
  await visit.close();
});

test('a reload shows the same text within seconds, and keeps the settings', async () => {
  const visit = await StoryPage.open(site, { seeds: 'new each time', title: 'The First Visit' });
  await visit.reaches('finished');
  const text = await visit.text();
  await visit.page.getByLabel('Title', { exact: true }).fill('The Second Visit');
  await visit.page.getByLabel('Block size').press('ArrowLeft');
  await visit.page.getByLabel('Temperature').press('ArrowRight');
  const before = await visit.page.evaluate(() => localStorage.getItem('unmask.settings'));
  const start = performance.now();
  await visit.page.reload();
  await visit.page.waitForSelector('article.story:is([data-phase="writing"], [data-phase="finished"]) .token');
  const seconds = (performance.now() - start) / 1000;
  await visit.reaches('finished');
  expect(await visit.text()).toBe(text);
  expect(await visit.page.getByRole('heading', { name: 'The First Visit' }).isVisible()).toBe(true);
  expect(await visit.page.getByLabel('Title', { exact: true }).inputValue()).toBe('The Second Visit');
  expect(await visit.page.getByLabel('Block size').getAttribute('aria-valuetext')).toBe('4 tokens');
  expect(await visit.page.evaluate(() => localStorage.getItem('unmask.settings'))).toBe(before);
  // About a second on an idle machine; the limit leaves room for a busy one.
  expect(seconds).toBeLessThan(10);
  await visit.close();
});

test('changing the backend loads the model again and keeps the text', async () => {
  const visit = await StoryPage.open(site, { maxTokens: 16 });
  await visit.reaches('finished');
  const text = await visit.text();
  await visit.page.getByRole('radio', { name: 'WebGPU' }).check();
  await visit.page.locator('[data-fact="backend"]', { hasText: 'WebGPU' }).waitFor();
  expect(await visit.text()).toBe(text);
  await visit.write();
  await visit.close();
});

test('on a phone the button is in reach and the settings unfold', async () => {
  const visit = await StoryPage.open(site, { maxTokens: 16 });
  await visit.page.setViewportSize({ width: 390, height: 844 });
  await visit.reaches('finished');
  await visit.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  const box = await visit.generate.boundingBox();
  expect(box!.y + box!.height).toBeLessThanOrEqual(844);
  expect(await visit.page.getByLabel('Temperature').isVisible()).toBe(false);
  await visit.page.getByRole('button', { name: 'Settings' }).click();
  expect(await visit.page.getByLabel('Temperature').isVisible()).toBe(true);
  await visit.close();
});
