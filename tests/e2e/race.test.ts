import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const TITLE = { form: 'titled', kind: "Children's tale", title: 'The Lost Kite' } as const;

/** A visitor who goes to the race while a story is being written. */
async function openRace(backend: 'webgpu' | 'wasm', maxTokens: number) {
  const visit = await StoryPage.open(site, { ...TITLE, backend, maxTokens });
  await visit.reaches('writing', 'finished');
  await visit.page.getByRole('link', { name: 'Race' }).click();
  const racers = visit.page.locator('.racer');
  const start = visit.page.getByRole('button', { name: 'Start the race' });
  const verdict = visit.page.locator('.verdict');
  const counter = async (racer: Locator, name: string) =>
    Number(await racer.locator(`[data-counter="${name}"]`).textContent());
  const ends = () => verdict.getByText('on this device').waitFor({ timeout: 100_000 });
  return { visit, racers, start, verdict, counter, ends };
}

test.each([
  ['wasm', 32],
  ['webgpu', 24],
] as const)('%s: one token at a time against blocks of 16, to the verdict', async (backend, maxTokens) => {
  const { visit, racers, start, verdict, counter, ends } = await openRace(backend, maxTokens);
  await start.click();
  await ends();
  const [one, blocks] = [racers.nth(0), racers.nth(1)];
  expect(await one.locator('h3').textContent()).toBe('One token at a time');
  expect(await blocks.locator('h3').textContent()).toBe('Blocks of 16');
  expect(await counter(one, 'tokens')).toBe(maxTokens);
  expect(await counter(blocks, 'tokens')).toBe(maxTokens);

  // A pass over the prompt, one to find each token, and one to store each but the last.
  const singles = await counter(one, 'passes');
  expect(singles).toBe(2 * maxTokens);
  // The prompt leaves its end to the first block; each block has at most 8 steps and a storing pass.
  const inBlocks = await counter(blocks, 'passes');
  const most = Math.ceil((maxTokens + 15) / 16) * 9;
  expect(inBlocks).toBeGreaterThan(maxTokens / 2);
  expect(inBlocks).toBeLessThanOrEqual(most);

  const said = await verdict.textContent();
  expect(said).toContain(`${singles} passes and ${(await counter(one, 'seconds')).toFixed(1)} s`);
  expect(said).toContain(`${inBlocks} passes and ${(await counter(blocks, 'seconds')).toFixed(1)} s`);
  expect(await visit.page.locator('[aria-live]').textContent()).toBe(said);
  expect(await one.locator('.racer-text').textContent()).toMatch(/[a-z]{2,} [a-z]+/i);
  expect(await blocks.locator('progress').evaluate((bar: HTMLProgressElement) => bar.position)).toBe(1);
  await visit.close();
});

test('Escape stops it, other sides can be chosen, and it runs again', async () => {
  const { visit, racers, start, verdict, counter, ends } = await openRace('wasm', 96);
  await start.click();
  await visit.page.locator('.racer .token').first().waitFor();
  const sides = visit.page.getByRole('group', { name: /First|Second/ });
  expect(await sides.nth(1).getByLabel('Block size').isDisabled()).toBe(true);
  await visit.page.keyboard.press('Escape');
  await verdict.getByText('Stopped').waitFor();

  await sides.nth(0).getByLabel('Block size').press('End');
  await sides.nth(0).getByLabel('Steps per block').press('Home');
  await sides.nth(1).getByLabel('Steps per block').press('Home');
  await sides.nth(1).getByLabel('Steps per block').press('ArrowRight');
  await visit.page.getByRole('button', { name: 'Race again' }).click();
  await ends();
  expect(await racers.nth(0).locator('h3').textContent()).toBe('Blocks of 32');
  expect(await racers.nth(0).locator('.pace').textContent()).toBe('Most confident first, 1 step');
  expect(await counter(racers.nth(0), 'passes')).toBeLessThan(await counter(racers.nth(1), 'passes'));
  await visit.close();
});

test('a text and a race survive a look at the other view, and Back leads there', async () => {
  const { visit, racers, start, ends } = await openRace('wasm', 32);
  const { page } = visit;
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Race');
  await page.goBack();
  await visit.reaches('finished');
  const written = await visit.text();
  await page.goForward();
  await start.click();
  await page.getByRole('link', { name: 'How it works' }).click();
  await page.getByRole('heading', { name: 'How it works' }).waitFor();
  await page.goBack();
  await ends();
  expect(await racers.count()).toBe(2);
  await page.getByRole('link', { name: 'Write', exact: true }).first().click();
  expect(await visit.text()).toBe(written);
  await visit.close();
});

test('at 360 px the racers are below each other, and nothing is wider than the screen', async () => {
  const { visit, racers } = await openRace('wasm', 16);
  await visit.page.setViewportSize({ width: 360, height: 740 });
  const [above, below] = [await racers.nth(0).boundingBox(), await racers.nth(1).boundingBox()];
  expect(below!.y).toBeGreaterThanOrEqual(above!.y + above!.height);
  expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await visit.close();
});
