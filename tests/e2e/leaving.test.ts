import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LONG_TEXT } from './page-parts';
import { LAUNCH, openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
/** One that keeps a page which is left, as browsers do; Playwright tells it not to. */
let browser: Browser;
beforeAll(async () => {
  site = await openSite();
  browser = await chromium.launch({ ...LAUNCH, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

async function workers(): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets', { filter: [{ type: 'worker' }] });
  await session.detach();
  return targetInfos.length;
}

test('a page that is left while it writes has no worker; coming back shows the text and loads the model', async () => {
  const visit = await StoryPage.open({ ...site, browser }, LONG_TEXT, (page) =>
    page.addInitScript(() => {
      addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted }));
    }),
  );
  const { page } = visit;
  await page.locator('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"]').nth(1).waitFor();
  // The runtime's threads are workers too.
  const before = await workers();
  expect(before).toBeGreaterThan(0);
  const text = await visit.text();
  await page.goto(`${site.url}manifest.webmanifest`);
  await expect.poll(workers).toBe(0);
  // The browser looks for an icon of the page that it went to.
  visit.complaints.length = 0;

  await page.goBack({ waitUntil: 'commit' });
  await visit.reaches('stopped');
  expect(await page.evaluate(() => Reflect.get(window, 'persisted'))).toBe(true);
  expect((await visit.text()).slice(0, 20)).toBe(text.slice(0, 20));
  await page.locator('[data-fact="backend"]').waitFor();
  await expect.poll(workers).toBe(before);
  await visit.generate.click();
  await visit.reaches('writing');
  await visit.stop.click();
  await visit.close();
});
