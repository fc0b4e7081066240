import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FOLDER, openSite, type Site } from './site';
import { StoryPage } from './story-page';
import { violations } from './violations';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const WEIGHTS = '**/models/stories/model.safetensors';
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };

/** Lets the weights through once `release` is called. */
function heldWeights() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const hold = (page: Page) =>
    page.route(WEIGHTS, async (route) => {
      await released;
      await route.continue().catch(() => {});
    });
  return { hold, release: () => release() };
}

async function topOf(page: Page, selector: string): Promise<number> {
  return (await page.locator(selector).boundingBox())!.y;
}

test.each([DESKTOP, PHONE])('at $width pixels a recording plays until the live text takes its place', async (size) => {
  const weights = heldWeights();
  const visit = await StoryPage.openFirstVisit(site, size, weights.hold);
  const { page } = visit;
  await page.locator('.story .caption', { hasText: 'A recording, until the model has loaded' }).waitFor();
  await page
    .locator('.status')
    .getByText(/^Loading the model and runtime: .* MB$/)
    .waitFor();
  const recorded = page.locator('article[data-phase="recorded"]');
  await recorded.locator('.token').nth(70).waitFor();
  expect(await page.locator('.story [role="status"]').textContent()).toBe('A recording, until the model has loaded');
  // It is followed: its end is above the bar.
  const box = (await recorded.boundingBox())!;
  expect(box.y + box.height).toBeLessThanOrEqual(await topOf(page, '.status'));
  const places = ['.story h2', '.story .caption', '.story .text'];
  const before = await Promise.all(places.map((place) => topOf(page, place)));
  const title = await page.locator('.story h2').textContent();
  weights.release();
  await visit.reaches('writing', 'finished');
  expect(await recorded.count()).toBe(0);
  // No restart of the same: another text begins in the same place, says what it is, and is in view.
  expect(await page.locator('.story h2').textContent()).not.toBe(title);
  const caption = 'Now live, on your device. 8 tokens at a time, the surest first';
  expect(await page.locator('.story .caption').textContent()).toBe(caption);
  const after = await Promise.all(places.map((place) => topOf(page, place)));
  if (size === DESKTOP) for (const [index, y] of after.entries()) expect(Math.abs(y - before[index]!)).toBeLessThan(1);
  for (const y of after) expect(y).toBeGreaterThanOrEqual(0);
  await visit.close();
});

test.each([DESKTOP, PHONE])(
  'at $width pixels the recording is whole at once where motion is not wanted',
  async (size) => {
    const weights = heldWeights();
    const visit = await StoryPage.openFirstVisit(site, size, async (page) => {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await weights.hold(page);
    });
    await visit.page.locator('article[data-phase="recorded"] .token').nth(100).waitFor();
    expect(await visit.masks()).toBe(0);
    expect(await violations(visit.page)).toEqual([]);
    weights.release();
    await visit.reaches('writing', 'finished');
    expect(await visit.page.locator('.story .caption').textContent()).toMatch(/^Now live, on your device\. /);
    await visit.close();
  },
);

test('the text is followed at a pace while its run goes on; the run itself is not slowed', async () => {
  const visit = await StoryPage.openFirstVisit(site, DESKTOP);
  const { page } = visit;
  await page.locator('article[data-view="following"]').waitFor();
  await page.getByRole('radio', { name: 'Slow' }).check();
  await visit.reaches('finished');
  // All of it is there to be scrubbed, and less of it is shown.
  const steps = Number(await visit.timeline.getAttribute('max'));
  expect(steps).toBeGreaterThan(100);
  expect(Number(await visit.timeline.inputValue())).toBeLessThan(steps);
  expect(await page.locator('.ending').count()).toBe(0);
  expect(await page.locator('.live').textContent()).toBe('Show all');
  // The tour, which began unless "Slow" was chosen before the first block stood, ends with an Escape of its own.
  if (await page.locator('.tour').isVisible()) await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.locator('.ending').waitFor();
  expect(Number(await visit.timeline.inputValue())).toBe(steps);
  const front = page.locator('.figures > dl dt');
  expect(await front.allTextContents()).toEqual(['tokens/s', 'tokens/pass']);
  const cache = page.locator('[data-measure="KV cache"]');
  expect(await cache.isVisible()).toBe(false);
  await page.getByRole('button', { name: 'More figures' }).click();
  expect(await cache.isVisible()).toBe(true);
  expect(await violations(page)).toEqual([]);
  await visit.close();
});

test.each([DESKTOP, PHONE])(
  'at $width pixels the tour begins by itself, once, and keys alone go through it',
  async (size) => {
    // What fades in has little contrast for a moment.
    const still = (page: Page) => page.emulateMedia({ reducedMotion: 'reduce' });
    const visit = await StoryPage.openFirstVisit(site, size, still);
    const { page } = visit;
    const card = page.locator('.tour');
    const title = () => page.evaluate(() => document.activeElement?.textContent);
    await card.waitFor();
    const titles = [];
    for (let at = 1; at <= 5; at++) {
      await card.getByText(`${at} of 5`).waitFor();
      titles.push(await title());
      const box = (await card.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(size.width);
      if (at === 1) expect(await violations(page)).toEqual([]);
      // From the heading over Skip, and Back, to Next.
      for (let tabs = 0; tabs < (at === 1 ? 2 : 3) && at < 5; tabs++) await page.keyboard.press('Tab');
      if (at < 5) await page.keyboard.press('Enter');
    }
    expect(titles).toEqual([
      'Words out of noise',
      'Every step is kept',
      'Look behind any word',
      'Change how it writes',
      'Go further',
    ]);
    const phase = await visit.story.getAttribute('data-phase');
    await page.keyboard.press('Escape');
    await card.waitFor({ state: 'detached' });
    // Escape has ended the tour and not the text.
    expect(await visit.story.getAttribute('data-phase')).not.toBe('stopped');
    expect(['writing', 'finished']).toContain(phase);
    await page.reload();
    await page.locator('article[data-view="following"] .block[data-committed="true"]').first().waitFor();
    expect(await card.count()).toBe(0);
    const opener = page.getByRole('button', { name: 'Take the tour' });
    await opener.click();
    await card.getByRole('button', { name: 'Skip' }).click();
    await card.waitFor({ state: 'detached' });
    expect(await opener.evaluate((button) => button === document.activeElement)).toBe(true);
    await visit.close();
  },
);

test('terms link to the glossary, which opens where the term is and gives the focus back', async () => {
  const visit = await StoryPage.open(site, { maxTokens: 16 });
  const { page } = visit;
  await visit.reaches('finished');
  const sheet = page.getByRole('dialog', { name: 'Glossary' });
  const term = page.locator('.caption').getByRole('button', { name: 'tokens' });
  await term.click();
  await sheet.waitFor();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('term-token');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  expect(await term.evaluate((button) => button === document.activeElement)).toBe(true);
  await page.getByRole('button', { name: 'What is this: Nucleus, top-p' }).click();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('term-nucleus');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Glossary' }).click();
  await sheet.getByText('Bits per byte').waitFor();
  await visit.close();
});

test('the first view is small: its scripts, without the runtime, are at most 150 KB compressed', () => {
  const html = readFileSync(join(FOLDER, 'index.html'), 'utf8');
  const paths = new Set([...html.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map(([, path]) => path!));
  for (const path of paths) {
    const script = readFileSync(join(FOLDER, path), 'utf8');
    for (const [, imported] of script.matchAll(/(?:^|[;}\s])(?:import|export)[^;'"()]*?["']\.\/([^"']+\.js)["']/g)) {
      paths.add(join(path, '..', imported!));
    }
  }
  expect(paths.size).toBeGreaterThan(0);
  const bytes = [...paths].reduce((sum, path) => sum + gzipSync(readFileSync(join(FOLDER, path))).length, 0);
  expect(bytes).toBeLessThanOrEqual(150_000);
});

test('a link to the page unfurls', () => {
  const html = readFileSync(join(FOLDER, 'index.html'), 'utf8');
  for (const property of ['og:title', 'og:description', 'og:image']) expect(html).toContain(`property="${property}"`);
  const png = readFileSync(join(FOLDER, 'preview.png'));
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1200, 630]);
  // It is for others: no visitor fetches it.
  expect(readFileSync(join(FOLDER, 'service-worker.js'), 'utf8')).not.toContain('preview.png');
});
