import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';
import { violations } from './violations';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const TEXT = 'Once upon a time,\na girl found a refrigerator.';

/** A visitor who goes to Read and puts a short text there. */
async function openRead(prepare: (page: Page) => Promise<unknown> = async () => {}): Promise<StoryPage> {
  const visit = await StoryPage.open(site, { maxTokens: 16 }, prepare);
  await visit.reaches('writing', 'finished');
  await visit.page.getByRole('link', { name: 'Read', exact: true }).click();
  await visit.page.getByLabel('Text to read').fill(TEXT);
  return visit;
}
const finished = (page: Page) =>
  page
    .getByText(/was the greatest surprise/)
    .first()
    .waitFor({ timeout: 100_000 });

test('a text is read by keyboard alone, with its surprises, its scores and its draws', async () => {
  const visit = await openRead();
  const { page } = visit;
  expect(page.url()).toMatch(/#read$/);
  expect(await page.title()).toContain('Read');
  await page.getByLabel('Text to read').press('Control+Enter');
  await finished(page);

  // The word that nobody expects is in the deepest colour.
  const heats = await page
    .locator('.heat-token')
    .evaluateAll((tokens) =>
      tokens.map(
        (token) => [token.textContent, Number((token as HTMLElement).style.getPropertyValue('--heat'))] as const,
      ),
    );
  expect(heats.map(([text]) => text).join('')).toBe(TEXT.replaceAll(/\s/g, ''));
  expect(await page.locator('.heat-token[data-break]').count()).toBe(1);
  const heatOf = (word: string) => heats.find(([text]) => text === word)![1];
  expect(heatOf('upon')).toBeLessThan(0.3);
  expect(Math.max(...heats.map(([, heat]) => heat))).toBeGreaterThan(0.6);

  // Exact at block size 1, a bound with its error above.
  const rows = page.locator('.sizes tbody tr');
  const texts = await rows.allTextContents();
  expect(texts[0]).toMatch(/exact/);
  expect(texts[0]).not.toContain('≤');
  for (const text of texts.slice(1)) expect(text).toMatch(/≤ .*±/);
  const draws = page.locator('.spreads tbody tr');
  expect(await draws.filter({ hasText: 'Linear' }).count()).toBeGreaterThan(0);
  expect(await draws.filter({ hasText: 'U[0.3, 0.8]' }).count()).toBe(
    await draws.filter({ hasText: 'Linear' }).count(),
  );
  expect(await draws.first().locator('.draw').count()).toBe(8);

  // The arrow keys walk through the tokens, and a tip tells their bits.
  await page.locator('.heat-text').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  expect(await page.locator('.tip').textContent()).toMatch(/^upon [\d.]+ bits.*probability/);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await violations(page)).toEqual([]);
  }
  await page.keyboard.press('Escape');
  expect(await page.locator('.tip').count()).toBe(0);
  for (const width of [360, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await violations(page)).toEqual([]);
  }
  await visit.close();
});

test('it can be stopped, keeps what it has while another view is looked at, and says what is too long', async () => {
  const visit = await openRead();
  const { page } = visit;
  await page.setViewportSize({ width: 360, height: 740 });
  const field = page.getByLabel('Text to read');
  await field.fill('The sea was calm. '.repeat(500));
  await page.getByText('Only the first 8,000 characters are read; the last 1,000 are left out.').waitFor();
  await page.getByRole('button', { name: 'Read', exact: true }).click();
  await page.locator('.heat-token[data-known]').first().waitFor();
  // On a phone the form is above: what comes out is brought into view.
  expect((await page.locator('.read-progress').boundingBox())!.y).toBeLessThan(60);
  expect(await page.getByText(/^Read by Unmask Stories: /).count()).toBe(1);
  await page.getByText(/longer than the model’s context, so it is read in \d+ pieces/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Stopped. What was measured so far stays.').waitFor();
  const known = await page.locator('.heat-token[data-known]').count();
  await page.getByRole('link', { name: 'How it works' }).click();
  await page.goBack();
  await page.locator('.heat-token').first().waitFor();
  expect(await page.locator('.heat-token[data-known]').count()).toBe(known);

  await page.getByRole('button', { name: 'Use the example' }).click();
  expect(await field.inputValue()).toContain('refrigerator');
  await field.fill(' ');
  expect(await page.getByRole('button', { name: 'Read', exact: true }).isDisabled()).toBe(true);
  await visit.close();
});
