import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';
import { violations } from './violations';

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
  await start.waitFor();
  const verdict = visit.page.locator('.verdict');
  const counter = async (racer: Locator, name: string) =>
    Number(await racer.locator(`[data-counter="${name}"]`).textContent());
  const ends = () => verdict.getByText(/ won: |^A tie/).waitFor({ timeout: 100_000 });
  return { visit, racers, start, verdict, counter, ends };
}

test.each([
  ['wasm', 32],
  ['webgpu', 24],
] as const)('%s: one token at a time against blocks of 16, to the verdict', async (backend, maxTokens) => {
  const { visit, racers, start, verdict, counter, ends } = await openRace(backend, maxTokens);
  // The adapter is software here: both are on the CPU.
  expect(await visit.page.getByText(/Expect one at a time to win/).count()).toBe(1);
  await start.click();
  await ends();
  const [one, blocks] = [racers.nth(0), racers.nth(1)];
  expect(await one.locator('h3').textContent()).toBe('One at a time');
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
  expect(await visit.page.getByText(/^Unmask Stories writes both\./).count()).toBe(1);
  expect(await visit.page.locator('.won').count()).toBe(said?.includes(' won: ') ? 1 : 0);
  for (const racer of [one, blocks]) expect(said).toContain(`${(await counter(racer, 'seconds')).toFixed(1)} s`);
  expect(await visit.page.locator('[aria-live]').textContent()).toBe(said);
  // Each token of the first is found by a read of the weights; the passes that store them ride along.
  const costs = visit.page.getByRole('region', { name: /computed, not measured/ });
  expect(await costs.textContent()).toContain(`${maxTokens + 1} reads`);
  expect(await costs.textContent()).toContain('Blocks of 16 would win there');
  if (backend === 'wasm') {
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      expect(await violations(visit.page)).toEqual([]);
    }
  }
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

  // Beforehand it is said what to expect of the next race.
  await visit.page.getByText(/^Next race: expect one at a time to win\./).waitFor();
  await sides.nth(0).getByLabel('Block size').press('End');
  expect(await visit.page.getByText(/^Next race: /).textContent()).toContain('32 tokens');
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

test.each([
  [360, 640],
  [740, 360],
])(
  'on a phone of %i × %i px both racers are in view once they run, and nothing is wider than the screen',
  async (width, height) => {
    const { visit, racers, start, ends } = await openRace('wasm', 16);
    await visit.page.setViewportSize({ width, height });
    await start.click();
    await ends();
    for (const racer of await racers.all()) {
      const text = (await racer.locator('.racer-text').boundingBox())!;
      expect(text.height).toBeGreaterThan(40);
      expect(text.y + Math.min(text.height, 100)).toBeLessThanOrEqual(height);
      expect((await racer.boundingBox())!.y).toBeGreaterThanOrEqual(0);
    }
    expect(
      await visit.page
        .locator('.verdict')
        .boundingBox()
        .then((box) => box!.y),
    ).toBeGreaterThanOrEqual(0);
    expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await visit.close();
  },
);
