import { join } from 'node:path';
import type { Page } from 'playwright-core';
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

/** What was said, without what can be done with it. */
const turns = ({ page }: StoryPage) =>
  page
    .locator('.turn')
    .evaluateAll((all) => all.map((turn) => turn.querySelector('.said, .formatted, .text')?.textContent ?? ''));

/** Asks something and waits for the answer. */
async function say(visit: StoryPage, question: string): Promise<void> {
  const { page } = visit;
  const before = await page.locator('.turn').count();
  await page.getByLabel('Your message').fill(question);
  await page.keyboard.press('Enter');
  await page
    .locator('.turn')
    .nth(before + 1)
    .waitFor();
  await answered(visit);
}

/** Waits until the last answer is there. */
const answered = ({ page }: StoryPage) =>
  page
    .locator('.turn:last-child .story[data-phase="finished"] :is(.markdown, .token)')
    .first()
    .waitFor({ timeout: 100_000 });

/** From now on answers are so long that they are not over while a test looks at them. */
async function writesForLong({ page }: StoryPage): Promise<void> {
  await page.getByRole('slider', { name: 'Maximum length', exact: true }).fill('1024');
}

/** A visitor to a conversation that a link has, with no model that could answer. */
async function linked(turns: readonly (readonly [string, string])[], prepare = async (_: Page) => {}) {
  const parameters = new URLSearchParams(
    turns.flatMap(([q, a]) => [
      ['q', q],
      ['a', a],
    ]),
  );
  const visit = await StoryPage.open({ ...site, url: `${site.url}#chat?${parameters}` }, {}, prepare);
  visit.page.setDefaultTimeout(20_000);
  return visit;
}

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
  await page.evaluate(() => {
    const live = document.querySelector('[aria-live]')!;
    const told: (string | null)[] = [];
    new MutationObserver(() => told.push(live.textContent)).observe(live, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    Object.assign(window, { told });
  });
  await tabTo('Your message');
  await keyboard.type('A little kite');
  await keyboard.press('Shift+Enter');
  await keyboard.type('flew away.');
  expect(await page.locator('.turn').count()).toBe(0);
  await keyboard.press('Enter');
  await visit.reaches('starting', 'writing');
  await page.locator('.turn .noise').first().waitFor();
  expect(await focused()).toBe('Your message');
  await answered(visit);
  await page.locator('.turn .markdown').waitFor();
  expect((await turns(visit))[0]).toContain('A little kite\nflew away.');
  const told = await page.evaluate(() => (window as unknown as { told: string[] }).told);
  expect(told[0]).toBe('Answering.');
  expect(told.at(-1)).toMatch(/Finished: \d+ words in \d+ seconds?\.$/);
  expect(await violations(page)).toEqual([]);

  await keyboard.type('And then?');
  await keyboard.press('Enter');
  await page.locator('.turn').nth(3).waitFor();
  await answered(visit);
  const four = await turns(visit);
  expect(four[2]).toContain('And then?');

  const length = page.getByRole('slider', { name: 'Maximum length', exact: true });
  await length.fill('1024');
  await tabTo('Another answer');
  await keyboard.press('Enter');
  await visit.reaches('starting', 'writing');
  await keyboard.press('Escape');
  await visit.reaches('stopped');
  await length.fill('16');
  await visit.story.last().focus();
  await keyboard.press('Control+z');
  await expect.poll(() => turns(visit)).toEqual(four);

  for (let edits = 0; edits < 2; edits++) await tabTo('Edit', 'Shift+Tab');
  await keyboard.press('Enter');
  expect(await focused()).toBe('Edit your message');
  await keyboard.press('Escape');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Edit');
  await keyboard.press('Enter');
  await keyboard.press('Control+a');
  await keyboard.type('A red kite');
  await keyboard.press('Enter');
  expect(await focused()).toBe('Your message');
  await page.locator('.turn').nth(2).waitFor({ state: 'detached' });
  await answered(visit);
  expect((await turns(visit))[0]).toContain('A red kite');

  // The system prompt, too.
  await page.getByLabel('System prompt').focus();
  await keyboard.type('Be brief.');
  await page.getByLabel('Your message').focus();
  await keyboard.type('Why?');
  await keyboard.press('Enter');
  await page.locator('.turn').nth(3).waitFor();
  expect(new URLSearchParams(new URL(page.url()).hash.slice('#chat?'.length)).get('system')).toBe('Be brief.');
  await visit.close();
});

test('an input method keeps its keys, nothing is sent of an empty message, and a long paste says what it lost', async () => {
  const visit = await visitor();
  await writesForLong(visit);
  const { page } = visit;
  const field = page.getByLabel('Your message');
  const send = page.getByRole('button', { name: 'Send' });
  await field.fill('  \n ');
  await field.press('Enter');
  expect(await send.isDisabled()).toBe(true);
  expect(await page.locator('.turn').count()).toBe(0);

  await field.fill('kite');
  const composing = (key: string) => ({ key, isComposing: true, bubbles: true, cancelable: true });
  await field.dispatchEvent('keydown', composing('Enter'));
  // In Safari the composition is over by then.
  await field.dispatchEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true });
  expect(await page.locator('.turn').count()).toBe(0);
  await field.press('Enter');
  await visit.reaches('writing');
  await field.dispatchEvent('keydown', composing('Escape'));
  expect(await visit.story.getAttribute('data-phase')).toBe('writing');
  await field.press('Escape');
  await visit.reaches('stopped');

  await field.fill('x'.repeat(40_123));
  await page.getByText('There is room for 40,000 characters: the last 123 were cut.').waitFor();
  expect((await field.inputValue()).length).toBe(40_000);
  await field.fill('kite');
  expect(await page.getByText(/were cut/).count()).toBe(0);
  await visit.close();
});

test('what is over the context is left out by whole turns, and the page says so', async () => {
  const visit = await visitor();
  await writesForLong(visit);
  const { page } = visit;
  const field = page.getByLabel('Your message');
  const long = 'The wind came and the kite flew over the hill and the tree and the house. '.repeat(6);
  for (let turn = 0; turn < 2; turn++) {
    await field.fill(long);
    await field.press('Enter');
    await page.locator('.turn:last-child .noise').first().waitFor();
    await page.keyboard.press('Escape');
    await visit.reaches('stopped');
  }
  const note = page.getByText('The model has not read the messages above: they no longer fit in its context.');
  expect(await note.evaluate((line) => [...document.querySelectorAll('.turn')].indexOf(line.closest('.turn')!))).toBe(
    2,
  );
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
  await say(visit, 'And then?');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('radio', { name: 'Order' }).check();
  await page.locator('.turn .token').first().waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await violations(page)).toEqual([]);
  await visit.close();
});

test('every answer keeps its tokens: heat map, tip, replay, and an edit that the conversation goes on from', async () => {
  const visit = await visitor();
  const { page } = visit;
  await say(visit, 'Once upon a time');
  await say(visit, 'And then?');
  const before = await turns(visit);
  await page.getByRole('radio', { name: 'Confidence' }).check();
  const [first, last] = [page.locator('.turn').nth(1), page.locator('.turn').nth(3)];
  expect(await first.locator('.token').count()).toBeGreaterThan(8);
  expect(await last.locator('.token').count()).toBeGreaterThan(8);
  await first.locator('[data-token="1.1"]').hover();
  await page.locator('.tip [data-chosen]').waitFor();
  await page.getByLabel('Your message').hover();
  expect(await violations(page)).toEqual([]);

  await first.getByRole('button', { name: 'Replay' }).press('Enter');
  await page.getByText(/^Answer 1\. /).waitFor();
  await first.locator('.noise').first().waitFor();
  await page.keyboard.press('p');
  await page.keyboard.press('l');
  expect(await page.getByText(/^Answer 1\. /).count()).toBe(0);
  expect(await first.locator('.noise').count()).toBe(0);
  expect(await turns(visit)).toEqual(before);

  await first.locator('.text').focus();
  for (let steps = 0; steps < 5; steps++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  const menu = page.getByRole('region', { name: /^Edit block/ });
  expect(await menu.evaluate((element) => element.closest('.turn')?.querySelector('[data-selected]') !== null)).toBe(
    true,
  );
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+Enter');
  await page.locator('.turn').nth(2).waitFor({ state: 'detached' });
  await answered(visit);
  await page.keyboard.press('Control+z');
  await expect.poll(() => turns(visit)).toEqual(before);
  await visit.close();
});

test('what is written goes on while another view is shown, and Write and Chat stop each other only when asked', async () => {
  const visit = await visitor();
  const { page } = visit;
  await writesForLong(visit);
  await page.getByLabel('Your message').fill('Once upon a time');
  await page.keyboard.press('Enter');
  await visit.reaches('writing');
  await page.getByLabel('Your message').fill('not sent yet');
  const length = async () => (await turns(visit))[1]!.length;
  const left = await length();
  const turnTo = (name: string) => page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
  await turnTo('Write');
  await page.getByText(/^An answer is being written in Chat/).waitFor();
  expect(await visit.story.getAttribute('data-phase')).toBe('finished');
  await turnTo('Race');
  await turnTo('Chat');
  await expect.poll(length).toBeGreaterThan(left);
  expect(await page.getByLabel('Your message').inputValue()).toBe('not sent yet');
  await page.getByLabel('Your message').focus();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Send' }).click();
  await visit.reaches('starting', 'writing');
  await turnTo('Write');
  await page.getByRole('button', { name: 'Stop it' }).click();
  await page.getByText(/^An answer is being written in Chat/).waitFor({ state: 'detached' });
  await turnTo('Chat');
  await visit.reaches('stopped');
  await visit.close();
});

test('a conversation is shared: by its address, which a reload keeps, as a run with every token, and as Markdown', async () => {
  const visit = await visitor();
  const { page } = visit;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await say(visit, 'Once upon a time');
  await say(visit, 'And then?');
  const before = await turns(visit);
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('The link has what was said.').waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
  await page.getByRole('button', { name: 'Copy conversation' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^\*\*You:\*\*\n\nOnce upon a time\n\n\*\*Other stories:\*\*\n\n/);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save run' }).click();
  const run = join(await folders.make(), 'run.json');
  await (await download).saveAs(run);
  const address = page.url();
  expect(new URL(address).hash).toMatch(/^#chat\?q=Once\+upon\+a\+time&a=/);
  await page.reload();
  await expect.poll(() => turns(visit)).toEqual(before);
  await page.getByText('This conversation came from its address as plain text').waitFor();
  await visit.close();

  const other = await StoryPage.open({ ...site, url: address });
  await expect.poll(() => turns(other)).toEqual(before);
  // Nobody has to have the model to read on.
  await other.page.getByText(/cannot answer/).waitFor({ timeout: 60_000 });
  expect(await violations(other.page)).toEqual([]);
  await other.page.locator('input[type="file"][accept*="json"]').setInputFiles(run);
  await other.page.getByText(/^Opened from a file/).waitFor();
  await other.page.getByRole('radio', { name: 'Order' }).check();
  expect(await other.page.locator('.turn').nth(1).locator('.token').count()).toBeGreaterThan(8);
  await other.close();
});

test('a model that cannot answer leaves the conversation as it is, and says what to do', async () => {
  const visit = await visitor();
  const { page } = visit;
  await say(visit, 'Once upon a time');
  const before = await turns(visit);
  await page.getByRole('button', { name: 'Open a model…' }).click();
  await page.getByRole('button', { name: /^Use/ }).first().click();
  await page.getByText(/has no chat template, so it cannot answer/).waitFor({ timeout: 60_000 });
  expect(await turns(visit)).toEqual(before);
  expect(await page.getByRole('button', { name: 'Another answer' }).count()).toBe(0);
  await page.keyboard.press('n');
  expect(await turns(visit)).toEqual(before);
  await page.getByRole('link', { name: 'Write', exact: true }).click();
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  await expect.poll(() => turns(visit)).toEqual(before);
  await page.getByRole('button', { name: 'Open a model to chat with…' }).click();
  await page.getByRole('heading', { name: 'Models', exact: true }).waitFor();
  await visit.close();
});

test('a tip goes with the tokens it is about, and an answer of nothing is said to be one', async () => {
  const visit = await visitor();
  await writesForLong(visit);
  const { page } = visit;
  const field = page.getByLabel('Your message');
  await field.fill('Once upon a time');
  await field.press('Enter');
  // It may not lie still before the answer is over, and move away from under the pointer.
  await expect
    .poll(async () => {
      await page.mouse.move(0, 0);
      await page.locator('.turn [data-token="1.1"]').hover({ force: true });
      // It is drawn a moment later.
      const tip = page.locator('.tip').waitFor({ timeout: 1000 });
      return tip.then(
        () => true,
        () => false,
      );
    })
    .toBe(true);
  // The pointer stays where it is while the answer becomes Markdown.
  await page.keyboard.press('Escape');
  await visit.reaches('stopped');
  await page.locator('.turn .markdown').waitFor();
  expect(await page.locator('.tip').count()).toBe(0);
  await visit.close();

  const empty = await linked([
    ['Anyone?', ''],
    ['And now?', ''],
  ]);
  await expect.poll(() => empty.page.getByText('No answer').count()).toBe(2);
  expect(await empty.page.getByRole('button', { name: 'Copy', exact: true }).count()).toBe(0);
  await empty.close();
});

const MARKDOWN = [
  '<think>\nA kite, *then*.\n</think>\n\n# Kites',
  'They **fly**, <img src="https://elsewhere.test/a.png" onerror="document.title = 1"> and ![a kite](https://elsewhere.test/kite.png).',
  '[a page](https://elsewhere.test/) and [nothing](javascript:document.title=1)',
  '```js\nconst kite = 1;\n```',
  '| a | b |\n|---|---|\n| 1 | 2 |',
].join('\n\n');

test.each(['light', 'dark'] as const)(
  'Markdown is drawn safely in the %s: thoughts folded, code to copy, nothing fetched',
  async (colorScheme) => {
    for (const width of [360, 1440]) {
      const visit = await linked(
        [
          ['What is a kite?', MARKDOWN],
          ['And?', 'Well.'],
        ],
        (page) => page.emulateMedia({ colorScheme }),
      );
      const { page } = visit;
      await page.setViewportSize({ width, height: 800 });
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      const answer = page.locator('.turn').nth(1);
      await answer.getByRole('heading', { name: 'Kites' }).waitFor();
      expect(await answer.getByText('A kite, then.').isVisible()).toBe(false);
      await answer.getByText('What it thought').press('Enter');
      expect(await answer.getByText('A kite, then.').isVisible()).toBe(true);
      expect(await answer.locator('img').count()).toBe(0);
      expect(await answer.getByText('<img src=').count()).toBe(1);
      const link = answer.getByRole('link', { name: 'a page' });
      expect(await link.getAttribute('target')).toBe('_blank');
      expect(await link.getAttribute('rel')).toContain('noopener');
      expect(await answer.getByRole('link', { name: 'nothing' }).count()).toBe(0);
      await answer.getByRole('button', { name: 'Copy code' }).click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('const kite = 1;');
      expect(await page.title()).toBe('Chat: Unmask');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await violations(page)).toEqual([]);
      await visit.close();
    }
  },
);

test.each([
  ['cut off', '#chat?q=a&q=b', 'its address was cut off or changed'],
  ['too long for its address', '#chat?lost=40', 'it is gone'],
])('a conversation whose address is %s is said to be so', async (_, hash, said) => {
  const visit = await StoryPage.open({ ...site, url: `${site.url}${hash}` });
  const alert = visit.page.getByRole('alert');
  await alert.getByText(said).waitFor();
  await alert.getByRole('button', { name: 'Close' }).click();
  expect(await visit.page.locator('.turn').count()).toBe(0);
  await visit.close();
});
