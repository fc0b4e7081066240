import { afterAll, beforeAll, expect, test } from 'vitest';
import { LONG_TEXT } from './page-parts';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';
import { violations } from './violations';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const LOOKS = [
  ['light', 1440, 900],
  ['light', 360, 740],
  ['dark', 1440, 900],
  ['dark', 360, 740],
] as const;

test.each(LOOKS)(
  '%s, %i × %i: WCAG AA on the page, in its heat maps, while a block is edited, and in the sheets',
  async (colorScheme, width, height) => {
    const visit = await StoryPage.open(site, { policy: 'confidence', steps: 2 }, async (page) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height });
    });
    const { page } = visit;
    await visit.reaches('finished');
    for (const heat of ['Plain', 'Confidence', 'Order']) {
      await page.getByRole('radio', { name: heat, exact: true }).check();
      expect(await violations(page)).toEqual([]);
    }
    await page.locator('[data-token="1.3"]').hover();
    await page.locator('.tip [data-chosen]').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.locator('[data-token="1.3"]').click();
    await page.getByRole('button', { name: 'Keep only this' }).click();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+ArrowLeft');
    await page.getByRole('radio', { name: 'Plain' }).check();
    await visit.timeline.press('ArrowLeft');
    if (width < 900) await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'More figures' }).click();
    expect(await violations(page)).toEqual([]);
    for (const [opener, content] of [
      ['? Keyboard shortcuts', 'Show shortcuts'],
      ['Open a model…', / free$/],
    ] as const) {
      await page.getByRole('button', { name: opener }).click();
      const sheet = page.getByRole('dialog');
      await sheet.getByText(content).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'detached' });
    }
    await visit.close();
  },
);

test.each(LOOKS)('%s, %i × %i: WCAG AA in the other views', async (colorScheme, width, height) => {
  const viewport = { width, height };
  const page = await site.browser.newPage({ colorScheme, viewport, reducedMotion: 'reduce', serviceWorkers: 'block' });
  for (const [view, heading] of [
    ['how', 'How it works'],
    ['race', 'Race'],
    ['read', 'Read'],
    ['chat', 'Chat'],
  ] as const) {
    await page.goto(`${site.url}#${view}`);
    await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  }
  await page.close();
});

test('with reduced motion nothing moves by itself', async () => {
  const visit = await StoryPage.open(site, LONG_TEXT, (page) => page.emulateMedia({ reducedMotion: 'reduce' }));
  await visit.page.waitForSelector('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"] .token');
  await visit.page.waitForSelector('.noise');
  expect(await visit.page.evaluate(() => document.getAnimations().length)).toBe(0);
  await visit.stop.click();
  await visit.close();
});

test('360 pixels: nothing scrolls sideways, a tap opens a menu inside the window, the run is scrubbed', async () => {
  const visit = await StoryPage.open(site, { blockSize: 16, policy: 'confidence', steps: 4 });
  await visit.page.setViewportSize({ width: 360, height: 740 });
  await visit.reaches('finished');
  const width = () => visit.page.evaluate(() => document.documentElement.scrollWidth);
  expect(await width()).toBe(360);
  // Nor does a title without a space.
  const title = visit.page.getByLabel('Title', { exact: true });
  await title.fill('x'.repeat(160));
  await title.press('Enter');
  await visit.page.getByRole('heading', { name: /^x{160}$/ }).waitFor();
  await visit.reaches('finished');
  expect(await width()).toBe(360);
  const box = (await visit.timeline.boundingBox())!;
  await visit.page.mouse.click(box.x + 3, box.y + box.height / 2);
  expect(await visit.masks()).toBeGreaterThan(0);
  await visit.page.getByRole('button', { name: 'End' }).click();
  for (const nth of [0, 6, 12]) {
    const token = visit.page.locator('.token').nth(nth);
    // A finger that scrolls opens nothing; one that taps does.
    await token.dispatchEvent('pointerover', { pointerType: 'touch' });
    if (nth === 0) expect(await visit.page.locator('.tip, .edit-menu').count()).toBe(0);
    await token.dispatchEvent('click');
    const menu = (await visit.page.locator('.edit-menu').boundingBox())!;
    expect(menu.x).toBeGreaterThanOrEqual(0);
    expect(menu.x + menu.width).toBeLessThanOrEqual(360);
  }
  await visit.page.getByRole('button', { name: 'Settings' }).click();
  expect(await width()).toBe(360);
  await visit.page.getByRole('button', { name: '? Keyboard shortcuts' }).click();
  await visit.page.getByRole('dialog').waitFor();
  expect(await width()).toBe(360);
  await visit.close();
});

test('what is written does not move: finished blocks stay in place while the next is uncovered', async () => {
  const visit = await StoryPage.open(site, LONG_TEXT);
  await visit.page.locator('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"]').nth(1).waitFor();
  // On the page, which follows the text down once it fills the window.
  const place = () =>
    visit.page
      .locator('.block')
      .first()
      .evaluate((block) => {
        const { x, y, width, height } = block.getBoundingClientRect();
        return { x, y: y + scrollY, width, height };
      });
  const bar = () => visit.page.locator('.status').boundingBox();
  const before = [await place(), await bar()];
  await visit.page.locator('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"]').nth(3).waitFor();
  expect([await place(), await bar()]).toEqual(before);
  await visit.stop.click();
  await visit.close();
});
