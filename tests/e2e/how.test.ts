import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SOURCES } from '../../src/ui/how/sources-list';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

async function openHow(): Promise<StoryPage> {
  const visit = await StoryPage.open(site, { maxTokens: 16 });
  await visit.page.getByRole('link', { name: 'How it works' }).click();
  await visit.page.getByRole('heading', { name: 'How it works', level: 2 }).waitFor();
  return visit;
}

const slider = (page: Page, section: string, name: string) => page.locator(section).getByRole('slider', { name });

test('noise comes and goes with the slider, and the model’s guesses with a button', async () => {
  const visit = await openHow();
  const { page } = visit;
  const masked = page.locator('.noise-figure .masked');
  const noise = slider(page, '#how-noise', 'Noise');
  expect(await masked.count()).toBe(16);
  await page.getByRole('button', { name: 'Uncover one' }).click();
  expect(await masked.count()).toBe(15);
  expect(await page.locator('.noise-figure [aria-live]').textContent()).toContain('“One”');
  expect(await noise.getAttribute('aria-valuetext')).toBe('t = 0.94, 15 of 16 masked');
  await noise.press('Home');
  expect(await masked.count()).toBe(0);
  await page.getByRole('button', { name: 'Denoise' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.noise-figure .masked').length < 14);
  await page.getByRole('button', { name: 'Pause' }).click();
  await noise.press('End');
  expect(await masked.count()).toBe(16);
  await visit.close();
});

test('the mask follows the block size and the token that looks', async () => {
  const visit = await openHow();
  const { page } = visit;
  const size = slider(page, '#how-mask', 'Block size');
  const seen = page.locator('.seen-block [data-sees]');
  const cells = async () => ((await page.locator('.mask-grid .clean').getAttribute('d')) ?? '').split('M').length - 1;
  expect(await cells()).toBe(160);
  expect(await seen.count()).toBe(8);
  await size.press('Home');
  expect(await cells()).toBe(136);
  expect(await seen.count()).toBe(6);
  await size.press('End');
  expect(await cells()).toBe(256);
  expect(await seen.count()).toBe(16);
  await size.press('ArrowLeft');
  await slider(page, '#how-mask', 'Look from').press('Home');
  expect(await page.locator('.mask-figure .figure-line').textContent()).toBe(
    '“surrounded” sees the 8 tokens of its block.',
  );
  await page.getByRole('radio', { name: 'To train' }).check();
  expect(await page.locator('.mask-grid svg').getAttribute('viewBox')).toBe('0 0 32 32');
  await visit.close();
});

test('four policies step together over one block, by key and by button', async () => {
  const visit = await openHow();
  const { page } = visit;
  const masked = (policy: string) => page.locator(`[data-policy="${policy}"] .masked`).count();
  const passes = slider(page, '#how-order', 'Passes');
  expect(await masked('first-hitting')).toBe(16);
  await page.getByRole('button', { name: 'One pass' }).press('Enter');
  await page.getByRole('button', { name: 'One pass' }).press('Enter');
  expect([await masked('first-hitting'), await masked('confidence')]).toEqual([14, 12]);
  expect(await page.locator('.policies-figure [aria-live="polite"]').textContent()).toContain(
    'Most confident first: Pass 2 of 8: 2 tokens.',
  );
  await passes.press('End');
  expect(await page.locator('.policies-figure .masked').count()).toBe(0);
  expect(await page.locator('[data-policy="confidence"]').textContent()).toContain('Done after 8 passes');
  await page.getByRole('button', { name: 'Play', exact: true }).press('Enter');
  await page.locator('[data-policy="first-hitting"] .masked').nth(13).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-policy="confidence"] .masked').length < 16);
  await visit.close();
});

test('the bars follow block size and steps, and the samples the steps', async () => {
  const visit = await openHow();
  const { page } = visit;
  const passes = (kind: string) => page.locator(`[data-passes="${kind}"]`).textContent().then(Number);
  expect([await passes('autoregressive'), await passes('blocks'), await passes('carried')]).toEqual([128, 71, 64]);
  await slider(page, '#how-passes', 'Steps per block').press('Home');
  expect([await passes('blocks'), await passes('carried')]).toEqual([15, 8]);
  await slider(page, '#how-passes', 'Block size').press('Home');
  expect([await passes('blocks'), await passes('carried')]).toEqual([255, 128]);
  await page.getByRole('radio', { name: '2', exact: true }).check();
  expect(await page.locator('.price-figure').textContent()).toContain('perplexity 118.4');
  await visit.close();
});

test('the heading has the focus, sections have addresses, Back leads back', async () => {
  const visit = await openHow();
  const { page } = visit;
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('How it works');
  expect(await page.title()).toContain('How it works');
  await page.getByRole('link', { name: 'Sources' }).click();
  expect(page.url()).toContain('#how-sources');
  expect(await page.getByRole('heading', { name: 'Sources' }).isVisible()).toBe(true);
  const links = page.locator('.sources a');
  expect(await links.count()).toBe(SOURCES.length);
  for (const link of await links.all()) {
    expect(await link.getAttribute('target')).toBe('_blank');
    expect(await link.getAttribute('rel')).toBe('noopener');
  }
  await page.goBack();
  await page.goBack();
  await visit.reaches('finished');
  await visit.close();
});

test.each([360, 1440])('at %i px nothing is wider than the screen, and figures keep their height', async (width) => {
  const visit = await openHow();
  const { page } = visit;
  await page.setViewportSize({ width, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  for (const [section, controls] of [
    ['#how-noise', { Noise: 16 }],
    ['#how-mask', { 'Block size': 4, 'Look from': 15 }],
    ['#how-order', { Passes: 16 }],
    ['#how-passes', { 'Block size': 4, 'Steps per block': 15 }],
  ] as const) {
    const heights = new Set<number>();
    const measure = async () => {
      const box = await page.locator(`${section} figure`).boundingBox();
      heights.add(Math.round(box!.height));
    };
    for (const [name, steps] of Object.entries(controls)) {
      const control = slider(page, section, name);
      await control.press('Home');
      await measure();
      for (let step = 0; step < steps; step++) {
        await control.press('ArrowRight');
        await measure();
      }
    }
    expect([...heights], section).toHaveLength(1);
  }
  await visit.close();
});
