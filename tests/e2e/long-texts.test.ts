import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test('what is cut of a long text is said, in numbers, until it is changed', async () => {
  const visit = await StoryPage.open(site, { form: 'free' });
  await visit.reaches('finished');
  const words = visit.page.getByLabel('Opening words');
  for (const [length, over] of [
    [20_000, '16,000'],
    [100_000, '96,000'],
  ] as const) {
    await words.fill('word '.repeat(length / 5));
    await visit.page.getByText(`There is room for 4,000 characters: the last ${over} were cut.`).waitFor();
    expect((await words.inputValue()).length).toBe(4000);
  }
  await words.fill('Once');
  expect(await visit.page.getByText('There is room for').count()).toBe(0);
  // An emoji is two units, and is kept whole or not at all.
  await words.fill(`${'a'.repeat(3999)}🪁`);
  await visit.page.getByText('the last 2 were cut').waitFor();
  expect(await words.inputValue()).toBe('a'.repeat(3999));
  await visit.page.getByRole('radio', { name: 'A title' }).check();
  await visit.page.getByLabel('Title', { exact: true }).fill('t'.repeat(161));
  await visit.page.getByText('There is room for 160 characters: the last one was cut.').waitFor();
  await visit.close();
});

test('a prompt beyond what the model sees is written from its end, and the page says so', async () => {
  const visit = await StoryPage.open(site, { form: 'free', freePrompt: 'The fox ran on and on. '.repeat(150) });
  const note = visit.page.getByText(
    /^The prompt is \S+ tokens long\. This model sees 256 at a time, so it read the last 256/,
  );
  await note.waitFor({ timeout: 60_000 });
  await visit.reaches('finished');
  await visit.page.getByLabel('Opening words').fill('The fox ran on.');
  await visit.write();
  expect(await note.count()).toBe(0);
  await visit.close();
});
