import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LONG_TEXT } from './page-parts';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test.each([
  ['a landscape phone', 667, 375],
  ['a small landscape phone', 568, 320],
  ['1280 × 720 at 200 %', 640, 360],
  ['1920 × 1080 at 200 %', 960, 540],
])(
  '%s: the bar takes at most a fifth while a text is written; the rest of it is at the end of the page',
  async (_, width, height) => {
    const visit = await StoryPage.open(site, { ...LONG_TEXT, blockSize: 16 }, (page) =>
      page.setViewportSize({ width, height }),
    );
    const { page } = visit;
    const seen = async (selector: string) => {
      const box = await page.locator(selector).first().boundingBox();
      return box ? Math.max(0, Math.min(height, box.y + box.height) - Math.max(0, box.y)) : 0;
    };
    await page.locator('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"]').nth(3).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await seen('.status')).toBeLessThanOrEqual(height / 5);
    expect(await seen('.heat')).toBe(0);
    expect(await seen('.timeline')).toBeGreaterThan(30);
    // The line that is being written is above the bar.
    const bar = (await page.locator('.status').boundingBox())!;
    const line = (await page.locator('.block').last().boundingBox())!;
    expect(line.y + line.height).toBeLessThanOrEqual(bar.y);
    await visit.stop.last().click();
    await visit.reaches('stopped');
    // Everything of the bar can still be reached, by the keyboard too.
    const colours = page.getByRole('radio', { name: 'Confidence' });
    await colours.check();
    // The rows above it change once more as a text ends: what brings it into view is a focus that comes after that.
    await expect
      .poll(async () => {
        await colours.blur();
        await colours.focus();
        return seen('.heat');
      })
      .toBeGreaterThan(20);
    await page.getByRole('button', { name: 'More figures' }).click();
    // They come into view.
    await expect.poll(() => seen('[data-measure="time"]')).toBeGreaterThan(10);
    await visit.close();
  },
);

test.each([
  ['a phone', 360, 740],
  ['a landscape phone', 740, 360],
  ['1440 × 900 at 200 %', 720, 450],
])('%s: the menu of a word is within the window, and what it ends with is in view', async (_, width, height) => {
  const visit = await StoryPage.open(site, { maxTokens: 32 }, (page) => page.setViewportSize({ width, height }));
  const { page } = visit;
  await visit.reaches('finished');
  await page.locator('.text .token').nth(12).click();
  const menu = page.getByRole('region', { name: /^Edit block/ });
  const button = menu.getByRole('button', { name: 'Regenerate from here' });
  const isWithin = async (element: Locator) => {
    const { x, y, width: across, height: down } = (await element.boundingBox())!;
    return x >= 0 && y >= 0 && x + across <= width && y + down <= height;
  };
  // It grows as the alternatives come.
  await menu.getByRole('listitem').nth(4).waitFor();
  await expect.poll(async () => [await isWithin(menu), await isWithin(button)]).toEqual([true, true]);
  await page.keyboard.press('Escape');
  await visit.close();
});

test('a landscape phone: the field of a conversation is whole in the bar', async () => {
  const visit = await StoryPage.open(site, {}, (page) => page.setViewportSize({ width: 667, height: 375 }));
  const { page } = visit;
  await page.goto(`${site.url}#chat`);
  const field = (await page.getByLabel('Your message', { exact: true }).boundingBox())!;
  const bar = (await page.locator('.status').boundingBox())!;
  expect(bar.y).toBeGreaterThanOrEqual(300);
  expect(field.y).toBeGreaterThanOrEqual(bar.y);
  expect(field.y + field.height).toBeLessThanOrEqual(375);
  await visit.close();
});
