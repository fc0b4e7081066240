import { afterAll, beforeAll, expect, test } from 'vitest';
import { TemporaryFolders } from '../temporary-folders';
import { otherModel } from './model-host';
import { withSecondModel } from './second-model';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

const folders = new TemporaryFolders();
let site: Site;
let folder: string;
beforeAll(async () => {
  site = await openSite();
  folder = await otherModel(folders);
});
afterAll(async () => {
  await site.close();
  await folders.remove();
});

function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test('without a GPU a card offers the better model with its size; it can be stopped, and then writes the next text', async () => {
  const weights = gate();
  const visit = await StoryPage.open(site, { backend: 'auto', maxTokens: 16 }, (page) =>
    withSecondModel(page, folder, weights.opened),
  );
  const { page } = visit;
  await visit.reaches('finished');
  const card = page.getByRole('region', { name: 'A better model' });
  const get = card.getByRole('button', { name: /^Get it \(12\.\d MB\)$/ });
  await get.click();
  await card.getByRole('progressbar').waitFor();
  await card.getByRole('button', { name: 'Stop' }).click();
  await get.click();
  weights.open();
  await card.getByText('writes from now on').waitFor({ timeout: 60_000 });
  expect(await page.locator('.share-notice').textContent()).toContain('Unmask Stories wrote it');
  expect(await page.getByRole('button', { name: 'Continue' }).count()).toBe(0);
  // A reload changes nothing of that: the text stays as it was, beside the model that was chosen last.
  const text = await visit.text();
  await page.reload();
  await page.locator('.facts dd', { hasText: 'Other stories' }).waitFor();
  expect(await visit.text()).toBe(text);
  expect(await page.locator('.share-notice').textContent()).toContain('Unmask Stories wrote it');
  await visit.write();
  expect(await page.locator('.writer').textContent()).toBe('Other stories');
  expect(await page.getByRole('heading', { level: 2, name: 'The Lost Kite' }).isVisible()).toBe(true);
  await card.waitFor({ state: 'hidden' });
  // It is kept, and there at once with the next visit.
  await page.reload();
  await visit.reaches('finished');
  expect(await page.locator('.writer').textContent()).toBe('Other stories');
  await visit.close();
});

test('with a GPU it comes by itself behind the first text', async () => {
  const visit = await StoryPage.open(site, { backend: 'auto', maxTokens: 16 }, async (page) => {
    // Software WebGPU is all there is here; the page is told otherwise.
    await page.addInitScript(() => {
      const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data')!;
      Object.defineProperty(MessageEvent.prototype, 'data', {
        get() {
          const data = get!.call(this);
          if (data?.type === 'loaded') data.model.backend = 'webgpu';
          return data;
        },
      });
    });
    await withSecondModel(page, folder, Promise.resolve());
  });
  await visit.page.getByText('Other stories writes from now on').waitFor({ timeout: 100_000 });
  await visit.write();
  expect(await visit.page.locator('.writer').textContent()).toBe('Other stories');
  await visit.close();
});
