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

/** 48 tokens in blocks of 8, the first of which begins with the end of the prompt. */
const open = () => StoryPage.open(site, { maxTokens: 48 });

const tokenAt = (visit: StoryPage, place: string): Locator => visit.page.locator(`[data-token="${place}"]`);

/** The text of a block, and of all blocks before it. */
async function textUpTo(visit: StoryPage, block: number): Promise<string> {
  const texts = await visit.page.locator('.block').allTextContents();
  return texts.slice(0, block + 1).join('');
}

/** The text has 48 tokens, as far as it ends with a sentence: in the block that reaches them, or within 32 more. */
async function isOfFullLength(visit: StoryPage): Promise<void> {
  const tokens = await visit.measure('tokens');
  expect(tokens).toBeGreaterThan(40);
  expect(tokens).toBeLessThanOrEqual(48 + 32);
}

async function writeOn(visit: StoryPage): Promise<void> {
  await visit.writesFrom(() => visit.page.getByRole('button', { name: 'Regenerate from here' }).click());
}

test('a token tells what else could have stood there, and how likely', async () => {
  const visit = await open();
  await visit.reaches('finished');
  const tip = visit.page.locator('.tip');
  for (const place of ['0.5', '2.3', '4.7']) {
    const token = tokenAt(visit, place);
    await token.hover();
    await tip.locator('.alternatives:not([data-coming]) li[data-chosen]').waitFor();
    const rows = await tip.locator('.alternatives li').allTextContents();
    expect(rows.length).toBeGreaterThanOrEqual(5);
    const chosen = await tip.locator('[data-chosen] span').allTextContents();
    const head = await tip.locator('.tip-head').textContent();
    expect(chosen[0]).toBe((await token.textContent())?.trim());
    expect(head).toContain(`probability ${chosen[1]}`);
    await expect
      .poll(() => tip.getByRole('status').textContent())
      .toMatch(/^.+: probability [<\d. ]+ %, step \d of \d in block \d; alternatives: .+ %\.$/);
  }
  await visit.page.mouse.move(5, 5);
  await visit.close();
});

test('an alternative is a button; once it is used, the facts name the new word', async () => {
  const visit = await open();
  await visit.reaches('finished');
  const old = (await tokenAt(visit, '2.4').textContent())!.trim();
  await tokenAt(visit, '2.4').click();
  const menu = visit.page.locator('.edit-menu');
  const choices = menu.getByRole('list', { name: 'Use one of these instead' }).getByRole('button');
  await choices.first().waitFor();
  const word = await choices.first().locator('span').first().textContent();
  expect(word).not.toBe(old);
  await choices.first().press('Enter');
  await menu.getByText('chosen by you', { exact: false }).first().waitFor();
  expect(await menu.locator('.tip-head').textContent()).toBe(`${word} chosen by you`);
  expect(await menu.locator('.tip-head + p').textContent()).toContain(`In place of ${old}, probability`);
  expect(await menu.locator('li[data-chosen] span').first().textContent()).toBe(word);
  expect(await choices.filter({ hasText: old }).count()).toBeGreaterThan(0);
  await menu.getByRole('button', { name: 'Rewrite' }).click();
  expect(await menu.locator('.tip-head').textContent()).toContain(`${old} to be rewritten, probability`);
  expect(await menu.locator('li[data-chosen]').count()).toBe(0);
  await visit.close();
});

test('while a text is written, its tips say when there is more, and the run goes on', async () => {
  const visit = await StoryPage.open(site, LONG_TEXT);
  await visit.page.locator('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"]').nth(1).waitFor();
  await tokenAt(visit, '0.6').hover();
  expect(await visit.page.locator('.tip').textContent()).toContain('once nothing is being written');
  await visit.page.waitForTimeout(300);
  expect(await visit.stop.first().isVisible()).toBe(true);
  await visit.stop.first().click();
  await tokenAt(visit, '0.6').hover();
  await visit.page.locator('.alternatives li[data-chosen]').waitFor();
  await visit.close();
});

test('a token is typed over: what is before stays, the block is kept around it, what is after is new', async () => {
  const visit = await open();
  await visit.reaches('finished');
  const before = await textUpTo(visit, 1);
  const whole = await visit.text();
  await tokenAt(visit, '2.4').click();
  await visit.page.getByRole('button', { name: 'Type over' }).click();
  const field = visit.page.getByLabel('Replacement text');
  await field.fill('a long sentence about many dragons and other things of that kind');
  await field.press('Enter');
  await visit.page.getByText(/^That is \d+ tokens, but only 4 places are left in this block/).waitFor();
  await field.fill('dragon');
  await field.press('Enter');
  await visit.page.locator('[data-kind="typed"]').first().waitFor();
  await writeOn(visit);
  expect(await textUpTo(visit, 1)).toBe(before);
  expect(await textUpTo(visit, 2)).toContain('dragon');
  // It has a tip, as its neighbours have.
  await visit.page.locator('.token[data-given]', { hasText: 'dragon' }).first().hover();
  expect(await visit.page.locator('.tip').textContent()).toMatch(/kept or chosen by you$/);
  expect(await visit.text()).not.toBe(whole);
  expect((await visit.blockLengths()).length).toBeGreaterThan(3);
  await isOfFullLength(visit);

  // The timeline goes from the kept blocks' steps on.
  await visit.timeline.press('Home');
  expect(await visit.page.getByText('Before the first step').isVisible()).toBe(true);
  expect(await visit.masks()).toBeGreaterThan(0);
  await visit.page.getByRole('button', { name: 'End' }).click();

  const edited = await visit.text();
  await visit.page.goBack();
  await expect.poll(() => visit.text()).toBe(whole);
  await visit.page.goForward();
  await expect.poll(() => visit.text()).toBe(edited);
  await visit.page.reload();
  await visit.reaches('finished');
  expect(await visit.text()).toBe(edited);
  await visit.page.goBack();
  await visit.reaches('finished');
  await visit.page.getByRole('button', { name: 'Undo' }).waitFor();
  await expect.poll(() => visit.text()).toBe(whole);
  await visit.close();
});

test('an edit is undone and redone', async () => {
  const visit = await open();
  await visit.reaches('finished');
  const whole = await visit.text();
  await tokenAt(visit, '2.4').click();
  await writeOn(visit);
  const edited = await visit.text();
  expect(edited).not.toBe(whole);
  await visit.page.getByRole('button', { name: 'Undo' }).click();
  expect(await visit.text()).toBe(whole);
  await visit.page.getByRole('button', { name: 'Redo' }).click();
  expect(await visit.text()).toBe(edited);
  await visit.page.keyboard.press('Control+z');
  expect(await visit.text()).toBe(whole);
  await visit.close();
});

test('tokens are masked and written again around what is kept; Cancel leaves everything as it was', async () => {
  const visit = await open();
  await visit.reaches('finished');
  const whole = await visit.text();
  await tokenAt(visit, '3.2').click();
  await tokenAt(visit, '3.3').click({ modifiers: ['Shift'] });
  await visit.page.getByText('2 tokens selected').waitFor();
  await visit.page.getByRole('button', { name: 'Rewrite' }).click();
  expect(await visit.masks()).toBe(2);
  await visit.page.keyboard.press('Escape');
  expect(await visit.masks()).toBe(0);
  expect(await visit.text()).toBe(whole);
  expect(await visit.page.locator('.edit-menu').count()).toBe(0);

  const kept = await tokenAt(visit, '3.5').textContent();
  const before = await textUpTo(visit, 2);
  await tokenAt(visit, '3.2').click();
  await tokenAt(visit, '3.3').click({ modifiers: ['Shift'] });
  await visit.page.getByRole('button', { name: 'Rewrite' }).click();
  await writeOn(visit);
  expect(await textUpTo(visit, 2)).toBe(before);
  expect(await tokenAt(visit, '3.5').textContent()).toBe(kept);
  // What was kept has no probability of its own; what was written anew has.
  expect(await tokenAt(visit, '3.5').getAttribute('data-given')).toBe('true');
  expect(await tokenAt(visit, '3.2').getAttribute('data-given')).toBeNull();
  await visit.close();
});

test('several tokens are selected by dragging over them while their block is edited', async () => {
  const visit = await open();
  await visit.reaches('finished');
  await tokenAt(visit, '1.0').click();
  const at = async (place: string) => {
    const { x, y, width, height } = (await tokenAt(visit, place).boundingBox())!;
    return [x + width / 2, y + height / 2] as const;
  };
  await visit.page.mouse.move(...(await at('1.1')));
  await visit.page.mouse.down();
  await visit.page.mouse.move(...(await at('1.2')), { steps: 4 });
  await visit.page.mouse.up();
  await visit.page.getByText('2 tokens selected').waitFor();
  expect(await visit.page.locator('[data-selected]').count()).toBe(2);
  await visit.close();
});

test('an edit by keyboard alone', async () => {
  const visit = await open();
  await visit.reaches('finished');
  const { keyboard } = visit.page;
  await visit.page.locator('.text').focus();
  for (let walked = 0; walked < 12; walked++) await keyboard.press('ArrowRight');
  await keyboard.press('Enter');
  await visit.page.locator('.edit-menu').waitFor();
  await keyboard.press('Shift+ArrowRight');
  await visit.page.getByText('2 tokens selected').waitFor();
  await keyboard.press('Delete');
  await visit.page.locator('.block .noise').nth(1).waitFor();
  await keyboard.press('ArrowLeft');
  await keyboard.press('ArrowLeft');
  await keyboard.press('Enter');
  const field = visit.page.getByLabel('Replacement text');
  await field.waitFor();
  await keyboard.type('moon');
  await keyboard.press('Enter');
  await visit.page.locator('[data-kind="typed"]').first().waitFor();
  expect(await visit.page.locator('.text').evaluate((element) => element === document.activeElement)).toBe(true);
  await keyboard.press('Control+Enter');
  await visit.reaches('starting', 'writing');
  await visit.reaches('finished');
  expect(await visit.text()).toContain('moon');
  await isOfFullLength(visit);
  await visit.close();
});

test('the block size changes during a run with the next block, and the page says so', async () => {
  const visit = await StoryPage.open(site, LONG_TEXT);
  await visit.page.locator('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"]').nth(1).waitFor();
  const note = visit.page.getByText('Takes effect with the next block');
  await visit.page.getByLabel('Block size').press('ArrowRight');
  await note.waitFor();
  await visit.page.getByLabel('Title', { exact: true }).fill('Elsewhere');
  await visit.page.getByText('Takes effect with the next text').waitFor();
  await visit.page.waitForFunction(() =>
    [...document.querySelectorAll('.block[data-committed="true"]')].some(
      (block) => block.querySelectorAll('.token').length === 16,
    ),
  );
  expect(await note.count()).toBe(0);
  await visit.stop.first().click();
  expect((await visit.blockLengths())[1]).toBe(8);
  await visit.timeline.press('Home');
  expect(await visit.masks()).toBeLessThanOrEqual(8);
  await visit.page.getByRole('button', { name: 'End' }).click();
  await visit.close();
});
