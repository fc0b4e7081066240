import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';
import { violations } from './violations';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** How many of an element's pixels, as a share, are not of the colour that most are. */
async function drawn(element: Locator): Promise<number> {
  const picture = (await element.screenshot({ animations: 'disabled' })).toString('base64');
  const page = await site.browser.newPage();
  const share = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const { width, height } = await createImageBitmap(new Blob([bytes]));
    const context = new OffscreenCanvas(width, height).getContext('2d')!;
    context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
    const counts = new Map<number, number>();
    for (const pixel of new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)) {
      counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    }
    return 1 - Math.max(...counts.values()) / (width * height);
  }, picture);
  await page.close();
  return share;
}

const forced = (page: Page, colorScheme: 'light' | 'dark') =>
  page.emulateMedia({ colorScheme, forcedColors: 'active', reducedMotion: 'reduce' });

test.each(['light', 'dark'] as const)(
  'forced colours, %s: choices, noise, sliders and heat maps are still drawn',
  async (scheme) => {
    const visit = await StoryPage.open(site, { policy: 'confidence', steps: 2, blockSize: 16 }, (page) =>
      forced(page, scheme),
    );
    const { page } = visit;
    await visit.reaches('finished');
    // The choice that is taken has another ground than the others.
    const ground = (name: string) =>
      page
        .getByRole('radio', { name })
        .evaluate((input) => getComputedStyle(input.nextElementSibling!).backgroundColor);
    expect(await ground('A title')).not.toBe(await ground('Your own words'));

    const slider = page.getByLabel('Temperature');
    expect(await drawn(slider)).toBeGreaterThan(0.05);
    await slider.press('Home');
    const least = await slider.screenshot();
    await slider.press('End');
    expect(least.equals(await slider.screenshot())).toBe(false);

    const text = page.locator('.story .text');
    const pictures: Buffer[] = [];
    for (const heat of ['Plain', 'Confidence', 'Order']) {
      await page.getByRole('radio', { name: heat, exact: true }).check();
      expect(await drawn(page.locator('.legend-colours'))).toBeGreaterThan(0.2);
      pictures.push(await text.screenshot());
    }
    expect(pictures[1]!.equals(pictures[0]!)).toBe(false);
    expect(pictures[2]!.equals(pictures[1]!)).toBe(false);
    expect(await violations(page)).toEqual([]);

    await page.locator('[data-token="1.3"]').hover();
    await page.locator('.tip [data-chosen]').waitFor();
    expect(await drawn(page.locator('.tip-head'))).toBeGreaterThan(0.05);
    await page.locator('[data-token="1.3"]').click();
    const plain = await page.locator('[data-token="1.4"]').screenshot();
    await page.keyboard.press('Shift+ArrowRight');
    expect(plain.equals(await page.locator('[data-token="1.4"]').screenshot())).toBe(false);
    await page.getByRole('button', { name: 'Rewrite' }).click();
    expect(await drawn(page.locator('.noise').first())).toBeGreaterThan(0.2);
    expect(await violations(page)).toEqual([]);
    await visit.close();
  },
);

test('forced colours: the figures of How it works are still drawn', async () => {
  const page = await site.browser.newPage({ serviceWorkers: 'block' });
  await forced(page, 'dark');
  await page.goto(`${site.url}#how`);
  await page.getByRole('heading', { name: 'How it works', exact: true }).waitFor();
  expect(await drawn(page.locator('.noise-figure .masked').first())).toBeGreaterThan(0.2);
  expect(await drawn(page.locator('.bars .bar').first().locator('..'))).toBeGreaterThan(0.02);
  expect(await drawn(page.locator('.mask-grid'))).toBeGreaterThan(0.2);
  const ground = (seen: string) =>
    page
      .locator(`.seen-block span${seen}`)
      .first()
      .evaluate((word) => getComputedStyle(word).backgroundColor);
  const choice = (name: string) =>
    page.getByRole('radio', { name }).evaluate((input) => getComputedStyle(input.nextElementSibling!).backgroundColor);
  expect(await choice('To write')).not.toBe(await choice('To train'));
  expect(await ground('[data-sees]')).not.toBe(await ground(':not([data-sees])'));
  expect(await violations(page)).toEqual([]);
  await page.close();
});
