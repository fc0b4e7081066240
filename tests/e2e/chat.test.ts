import { afterAll, beforeAll, expect, test } from 'vitest';
import { TemporaryFolders } from '../temporary-folders';
import { otherModel } from './model-host';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';
import { violations } from './violations';

const TEMPLATE = "{{ bos_token }}{% for m in messages %}{{ m['content'] }}\n\n{% endfor %}";

const folders = new TemporaryFolders();
let site: Site;
let folder: string;
beforeAll(async () => {
  site = await openSite();
  folder = await otherModel(folders, TEMPLATE);
});
afterAll(async () => {
  await site.close();
  await folders.remove();
});

/** A visitor who has opened a model with a chat template and turned to the conversation. */
async function visitor(settings: Parameters<typeof StoryPage.open>[1] = {}, viewport = { width: 1200, height: 800 }) {
  const visit = await StoryPage.open(site, { maxTokens: 16, blockSize: 4, ...settings }, (page) =>
    page.setViewportSize(viewport),
  );
  const { page } = visit;
  page.setDefaultTimeout(20_000);
  await visit.reaches('finished');
  expect(await page.getByRole('link', { name: 'Chat' }).count()).toBe(0);
  if (viewport.width < 900) await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Open a model…' }).click();
  await page.locator('dialog input[type="file"]').setInputFiles(folder);
  await page.getByRole('link', { name: 'Chat' }).click();
  await page.getByText(/^Ask Other stories something/).waitFor();
  return visit;
}

/** The turns, as far as they are read out. */
const turns = ({ page }: StoryPage) => page.locator('.turn').evaluateAll((all) => all.map((turn) => turn.textContent));

test('a conversation by keyboard alone: asked, answered, stopped, asked anew from an earlier turn', async () => {
  const visit = await visitor();
  const { page } = visit;
  const { keyboard } = page;
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('placeholder'));
  /** Walks to what has this name, as Tab does. */
  const tabTo = async (name: string, key = 'Tab') => {
    for (let presses = 0; presses < 80; presses++) {
      await keyboard.press(key);
      const { label, text } = await page.evaluate(() => {
        const { activeElement } = document;
        return { label: activeElement?.getAttribute('placeholder'), text: activeElement?.textContent };
      });
      if (label === name || text === name) return;
    }
    throw new Error(`no way to ${name}`);
  };
  await tabTo('Your message');
  await keyboard.type('A little kite');
  await keyboard.press('Shift+Enter');
  await keyboard.type('flew away.');
  expect(await page.locator('.turn').count()).toBe(0);
  await keyboard.press('Enter');
  await visit.reaches('starting', 'writing');
  await page.locator('.turn .noise').first().waitFor();
  expect(await focused()).toBe('Your message');
  await visit.reaches('finished');
  await page.locator('.turn .markdown').waitFor();
  expect((await turns(visit))[0]).toContain('A little kite\nflew away.');
  expect(await page.getByText(/^Finished: \d+ words/).count()).toBe(1);
  expect(await violations(page)).toEqual([]);

  await keyboard.type('And then?');
  await keyboard.press('Enter');
  await page.locator('.turn').nth(3).waitFor();
  await visit.reaches('finished');
  const four = await turns(visit);
  expect(four[2]).toContain('And then?');

  await tabTo('Another answer', 'Shift+Tab');
  await keyboard.press('Enter');
  await visit.reaches('starting', 'writing');
  await keyboard.press('Escape');
  await visit.reaches('stopped');
  await keyboard.press('Control+z');
  await expect.poll(() => turns(visit)).toEqual(four);

  for (let edits = 0; edits < 2; edits++) await tabTo('Edit', 'Shift+Tab');
  await keyboard.press('Enter');
  await keyboard.press('Control+a');
  await keyboard.type('A red kite');
  await keyboard.press('Enter');
  await visit.reaches('starting', 'writing');
  await visit.reaches('finished');
  expect(await page.locator('.turn').count()).toBe(2);
  expect((await turns(visit))[0]).toContain('A red kite');
  await visit.close();
});

test('an input method keeps its Enter, and what is over the context is left out and said to be', async () => {
  const visit = await visitor({ maxTokens: 128 });
  const { page } = visit;
  const field = page.getByLabel('Your message');
  await field.fill('kite');
  const composing = { key: 'Enter', isComposing: true, bubbles: true, cancelable: true };
  await field.dispatchEvent('keydown', composing);
  expect(await page.locator('.turn').count()).toBe(0);
  const long = 'The wind came and the kite flew over the hill and the tree and the house. '.repeat(6);
  for (let turn = 0; turn < 2; turn++) {
    await field.fill(long);
    await field.press('Enter');
    await page.locator('.turn .noise').first().waitFor();
    await page.keyboard.press('Escape');
    await visit.reaches('stopped');
  }
  await page.getByText(/^The turns above have no room/).waitFor();
  await visit.close();
});

test('the story stays in Write and the conversation in Chat; heat maps, tips and the timeline are the same', async () => {
  const visit = await visitor();
  const { page } = visit;
  await page.getByRole('link', { name: 'Write' }).click();
  const story = await visit.text();
  await page.getByRole('link', { name: 'Chat' }).click();
  await page.getByLabel('Your message').fill('Once upon a time');
  await page.getByRole('button', { name: 'Send' }).click();
  await visit.reaches('finished');
  await page.locator('.turn .markdown').waitFor();
  await page.getByRole('radio', { name: 'Confidence' }).check();
  await page.locator('.turn [data-token="1.1"]').hover();
  await page.locator('.tip [data-chosen]').waitFor();
  expect(await violations(page)).toEqual([]);
  await visit.timeline.press('ArrowLeft');
  expect(await visit.masks()).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'End', exact: true }).click();
  await page.getByRole('link', { name: 'Write' }).click();
  await expect.poll(() => visit.text()).toBe(story);
  await page.getByRole('link', { name: 'Chat' }).click();
  await expect.poll(() => page.locator('.turn').count()).toBe(2);
  await page.getByRole('button', { name: 'New conversation' }).click();
  await page.getByText(/^Ask Other stories something/).waitFor();
  await visit.close();
});

test('a telephone in the dark, where nothing is to move', async () => {
  const visit = await visitor({}, { width: 360, height: 740 });
  const { page } = visit;
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.getByLabel('Your message').fill('Once upon a time');
  await page.keyboard.press('Enter');
  await page.locator('.turn .noise').first().waitFor();
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  await visit.reaches('finished');
  await page.locator('.turn .markdown').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await violations(page)).toEqual([]);
  await visit.close();
});
