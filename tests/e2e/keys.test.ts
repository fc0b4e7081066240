import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LONG_TEXT } from './page-parts';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** A key that belongs to a composition, as browsers report it: marked, or with the code 229 alone, as Safari does after its end. */
async function compose(field: Locator, key: 'Enter' | 'Escape', ctrlKey = false): Promise<void> {
  for (const mark of [{ isComposing: true }, { keyCode: 229 }]) {
    await field.evaluate((element, init) => element.dispatchEvent(new KeyboardEvent('keydown', init)), {
      key,
      code: key,
      ctrlKey,
      bubbles: true,
      cancelable: true,
      ...mark,
    });
  }
}

/** Begins a composition with the browser's own input method, and takes its word with Enter. */
async function composeWithEnter(page: Page, word: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Input.imeSetComposition', { text: word, selectionStart: word.length, selectionEnd: word.length });
  const key = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 };
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
  await session.send('Input.insertText', { text: word });
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
}

test('Enter in the title writes, but not the Enter of a composition', async () => {
  const visit = await StoryPage.open(site);
  await visit.reaches('finished');
  const title = visit.page.getByLabel('Title', { exact: true });
  await title.fill('');
  await composeWithEnter(visit.page, '雪');
  await visit.page.waitForTimeout(300);
  expect(await title.inputValue()).toBe('雪');
  expect(await visit.page.getByRole('button', { name: 'Undo' }).count()).toBe(0);
  await title.press('Enter');
  await visit.page.getByRole('heading', { name: '雪' }).waitFor();
  await visit.reaches('finished');
  await visit.close();
});

test('the keys of a composition stop nothing and start nothing: in the text’s view, in an edit, in the race', async () => {
  const visit = await StoryPage.open(site, LONG_TEXT);
  await visit.reaches('writing');
  const title = visit.page.getByLabel('Title', { exact: true });
  await compose(title, 'Escape');
  await visit.page.waitForTimeout(200);
  await visit.reaches('writing');
  await title.press('Escape');
  await visit.reaches('stopped');
  await compose(title, 'Enter', true);
  await visit.page.waitForTimeout(200);
  await visit.reaches('stopped');

  await visit.page.locator('.token').first().click();
  await visit.page.getByRole('button', { name: 'Type over' }).click();
  const field = visit.page.getByLabel('Replacement text');
  await compose(field, 'Escape');
  await compose(field, 'Enter', true);
  expect(await field.isVisible()).toBe(true);
  await visit.reaches('stopped');
  await field.press('Escape');
  expect(await field.count()).toBe(0);

  await visit.page.getByRole('link', { name: 'Race' }).click();
  await visit.page.getByRole('button', { name: 'Start the race' }).click();
  const body = visit.page.locator('body');
  await compose(body, 'Escape');
  await visit.page.waitForTimeout(200);
  expect(await visit.stop.count()).toBe(1);
  await body.press('Escape');
  await visit.page.getByText('Stopped before the end').waitFor();
  await compose(body, 'Enter', true);
  await visit.page.waitForTimeout(200);
  expect(await visit.stop.count()).toBe(0);
  await visit.close();
});

test('the seed can be emptied and typed anew; what is no seed is refused in words', async () => {
  const visit = await StoryPage.open(site);
  await visit.reaches('finished');
  const seed = visit.page.getByLabel('Seed', { exact: true });
  expect(await seed.inputValue()).toBe('7');
  await seed.focus();
  await seed.press('End');
  await seed.press('Backspace');
  expect(await seed.inputValue()).toBe('');
  await seed.press('5');
  expect(await seed.inputValue()).toBe('5');
  await seed.press('x');
  expect(await seed.getAttribute('aria-invalid')).toBe('true');
  await visit.page.getByText('“5x” is not a seed').waitFor();
  for (const wrong of ['-1', '1.5', '1e3', '4294967296', 'Infinity', '0x10']) {
    await seed.fill(wrong);
    await visit.page.getByText(`“${wrong}” is not a seed`).waitFor();
  }
  await seed.blur();
  expect(await seed.inputValue()).toBe('5');
  expect(await seed.getAttribute('aria-invalid')).toBe('false');
  await seed.fill(' 4294967295 ');
  await visit.write();
  expect(visit.page.url()).toContain('seed=4294967295');
  await visit.close();
});

test('a button leads past the panel, and keys walk the text by words, lines and ends', async () => {
  const visit = await StoryPage.open(site, { maxTokens: 64 });
  await visit.reaches('finished');
  const { page } = visit;
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the text');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.className)).toBe('text');
  const marked = page.locator('.token[data-marked]');
  const placeAfter = async (key: string) => {
    await page.keyboard.press(key);
    const { x, y } = (await marked.boundingBox())!;
    return { token: await marked.getAttribute('data-token'), x, y };
  };
  const first = await placeAfter('ArrowDown');
  const last = await placeAfter('End');
  expect(last.y).toBeGreaterThan(first.y);
  expect((await placeAfter('Home')).token).toBe(first.token);
  const second = await placeAfter('ArrowRight');
  const below = await placeAfter('ArrowDown');
  expect(below.y).toBeGreaterThan(second.y);
  expect(Math.abs(below.x - second.x)).toBeLessThan(100);
  const above = await placeAfter('ArrowUp');
  expect(above.y).toBeLessThan(below.y);
  await visit.close();
});
