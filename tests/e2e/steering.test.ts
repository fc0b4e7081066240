import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test('presets set everything, say what they cost, and are left by a setting of one’s own', async () => {
  const visit = await StoryPage.open(site);
  await visit.reaches('finished');
  await visit.page.getByRole('radio', { name: 'When sure' }).check();
  expect(await visit.page.getByLabel('Block size').getAttribute('aria-valuetext')).toBe('16 tokens');
  expect(await visit.page.getByLabel('Threshold').getAttribute('aria-valuetext')).toBe('probability 50 %');
  expect(await visit.page.getByText('every token that it is more than half sure of').isVisible()).toBe(true);
  await visit.write();
  expect(await visit.measure('passes/token')).toBeLessThan(1.2);
  await visit.page.getByRole('radio', { name: 'One at a time' }).check();
  await visit.write();
  expect(Math.max(...(await visit.blockLengths()))).toBe(1);
  await visit.page.getByLabel('Temperature').press('ArrowRight');
  expect(await visit.page.getByText(/^Custom:/).isVisible()).toBe(true);
  await visit.close();
});

test('where few steps hurt, the measured curve says how much', async () => {
  const visit = await StoryPage.open(site, { policy: 'confidence', blockSize: 16, steps: 16 });
  await visit.reaches('finished');
  const curve = visit.page.locator('figure.quality');
  expect(await curve.count()).toBe(0);
  await visit.page.getByRole('radio', { name: 'Wild' }).check();
  await curve.waitFor();
  expect(await curve.textContent()).toContain('perplexity is about 19, against 3.1');
  await visit.close();
});

test('Continue goes on with the same text; Another writes one with a new seed', async () => {
  const visit = await StoryPage.open(site, { title: 'Two Moons' });
  await visit.reaches('finished');
  const first = await visit.text();
  await visit.page.getByLabel('Title', { exact: true }).fill('Elsewhere');
  await visit.page.getByRole('button', { name: 'Continue' }).press('Enter');
  expect(await visit.page.locator('.text').evaluate((element) => element === document.activeElement)).toBe(true);
  await visit.reaches('starting', 'writing');
  await visit.reaches('finished');
  const longer = await visit.text();
  expect(longer.startsWith(first)).toBe(true);
  expect(longer.length).toBeGreaterThan(first.length + 40);
  expect(await visit.page.getByRole('heading', { name: 'Two Moons' }).isVisible()).toBe(true);
  // The timeline is of the run that went on; what was there before stays.
  await visit.timeline.press('Home');
  expect((await visit.text()).startsWith(first)).toBe(true);
  await visit.page.getByRole('button', { name: 'End' }).click();

  await visit.writesFrom(() => visit.page.getByRole('button', { name: 'Another' }).click());
  expect(await visit.text()).not.toContain(first.slice(-30));
  expect(await visit.page.getByRole('heading', { name: 'Elsewhere' }).isVisible()).toBe(true);
  expect(await visit.page.getByLabel('Seed', { exact: true }).inputValue()).not.toBe('7');
  await visit.close();
});

test('? opens the list of keys, which can be switched off, and never while one types', async () => {
  const visit = await StoryPage.open(site, { maxTokens: 16 });
  await visit.reaches('finished');
  const title = visit.page.getByLabel('Title', { exact: true });
  await title.fill('Who');
  await title.press('?');
  expect(await title.inputValue()).toBe('Who?');
  const sheet = visit.page.getByRole('dialog', { name: 'Keyboard' });
  expect(await sheet.count()).toBe(0);

  const help = visit.page.getByRole('button', { name: '? Keyboard shortcuts' });
  await help.focus();
  await visit.page.keyboard.press('?');
  await sheet.waitFor();
  expect(await sheet.textContent()).toContain('One step back');
  await sheet.getByRole('checkbox').uncheck();
  await visit.page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  expect(await help.evaluate((button) => button === document.activeElement)).toBe(true);
  await visit.page.keyboard.press('ArrowLeft');
  await visit.page.keyboard.press('?');
  expect(await visit.masks()).toBe(0);
  expect(await sheet.count()).toBe(0);
  await help.click();
  await sheet.waitFor();
  await visit.close();
});
