import { afterAll, beforeAll, expect, test } from 'vitest';
import { LONG_TEXT } from './page-parts';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** Records what the text looks like each time it changes: [blocks finished, masks left]. */
const watchBlocks = () => {
  const seen: [number, number][] = [];
  Object.assign(window, { seen });
  new MutationObserver(() => {
    // A recording stands there first.
    const live = document.querySelector('[data-phase]:not([data-phase="recorded"])');
    const finished = live?.querySelectorAll('.block[data-committed="true"]').length ?? 0;
    const masks = live?.querySelectorAll('.noise').length ?? 0;
    const last = seen.at(-1);
    if (last?.[0] !== finished || last[1] !== masks) seen.push([finished, masks]);
  }).observe(document, { subtree: true, childList: true, attributes: true });
};

// Tokens enough for some blocks to be seen between two frames, however fast the machine is.
test.each([
  ['webgpu', 'WebGPU', 24],
  ['wasm', 'WebAssembly', 96],
] as const)(
  '%s: opening the page writes a story, block after block out of masks',
  async (backend, shown, maxTokens) => {
    const visit = await StoryPage.open(site, { backend, maxTokens }, (page) => page.addInitScript(watchBlocks));
    await visit.reaches('finished');
    expect(await visit.page.locator('[data-fact="backend"]').textContent()).toContain(shown);
    expect(await visit.text()).toMatch(/[a-z]{2,} [a-z]+/i);

    const seen = await visit.page.evaluate(() => (window as unknown as { seen: [number, number][] }).seen);
    const finished = seen.map(([blocks]) => blocks);
    expect(new Set(finished).size).toBeGreaterThanOrEqual(3);
    expect(finished).toEqual(finished.toSorted((a, b) => a - b));
    // Within a block masks only become fewer.
    const masksOf = (block: number) =>
      seen.filter(([blocks, masks]) => blocks === block && masks > 0).map(([, m]) => m);
    const masksOfBlocks = [...new Set(finished)].map(masksOf);
    for (const masks of masksOfBlocks) expect(masks).toEqual(masks.toSorted((a, b) => b - a));
    // A fast backend may finish some blocks between two frames.
    expect(masksOfBlocks.some((masks) => masks.length > 1)).toBe(true);

    // It ends with a sentence: in the block that reaches so many tokens, or within 32 more.
    const tokens = await visit.measure('tokens');
    expect(tokens).toBeGreaterThan(maxTokens - 8);
    expect(tokens).toBeLessThanOrEqual(maxTokens + 32);
    if (tokens < maxTokens + 32) expect((await visit.text()).trim()).toMatch(/[.!?…]["”'’)]*$/);
    expect(await visit.measure('passes/token')).toBeGreaterThanOrEqual(1);
    expect(await visit.measure('tokens/s')).toBeGreaterThan(0);
    await visit.close();
  },
);

test('the same seed and settings give the same text, a new seed another', async () => {
  const visit = await StoryPage.open(site);
  await visit.reaches('finished');
  const first = await visit.text();
  await visit.write();
  expect(await visit.text()).toBe(first);
  await visit.page.getByRole('button', { name: 'New seed each time' }).click();
  await visit.write();
  expect(await visit.text()).not.toBe(first);
  await visit.close();
});

test.each(['webgpu', 'wasm'] as const)('%s: Stop ends the text at once, and Generate starts again', async (backend) => {
  const visit = await StoryPage.open(site, { backend, ...LONG_TEXT });
  await visit.page.waitForSelector('[data-phase="writing"] .token[data-state="committed"]', { timeout: 100_000 });
  await visit.stop.click();
  await visit.reaches('stopped');
  const text = await visit.text();
  await visit.page.waitForTimeout(1500);
  expect(await visit.text()).toBe(text);
  await visit.generate.click();
  await visit.reaches('writing');
  await visit.page.waitForSelector('.token[data-state^="revealed"]');
  await visit.stop.click();
  await visit.close();
});

test('the block-size slider has the sizes of the model and changes the length of the blocks', async () => {
  const visit = await StoryPage.open(site, { maxTokens: 24 });
  await visit.reaches('finished');
  const slider = visit.page.getByLabel('Block size');
  expect(await slider.getAttribute('aria-valuetext')).toBe('8 tokens');
  expect(Math.max(...(await visit.blockLengths()))).toBe(8);
  await slider.press('ArrowLeft');
  expect(await slider.getAttribute('aria-valuetext')).toBe('4 tokens');
  await visit.write();
  const lengths = await visit.blockLengths();
  expect(Math.max(...lengths)).toBe(4);
  expect(lengths.length).toBeGreaterThanOrEqual(6);
  await slider.press('End');
  expect(await slider.getAttribute('aria-valuetext')).toBe('32 tokens');
  await visit.close();
});

test('fewer steps per block are fewer passes per token', async () => {
  const visit = await StoryPage.open(site, { policy: 'confidence', steps: 8 });
  await visit.reaches('finished');
  const slow = await visit.measure('passes/token');
  const steps = visit.page.getByLabel('Steps per block');
  await steps.press('Home');
  await steps.press('ArrowRight');
  expect(await steps.getAttribute('aria-valuetext')).toBe('2');
  await visit.write();
  const fast = await visit.measure('passes/token');
  expect(slow).toBeGreaterThan(1);
  expect(fast).toBeLessThan(0.6);
  await visit.close();
});

test('a policy that sets its own pace says so; the threshold and the entropy bound have sliders', async () => {
  const visit = await StoryPage.open(site);
  await visit.reaches('finished');
  const steps = visit.page.getByLabel('Steps per block');
  expect(await steps.isDisabled()).toBe(true);
  await visit.page.getByLabel('Order of unmasking').selectOption('threshold');
  expect(await visit.page.getByText('The threshold decides').isVisible()).toBe(true);
  await visit.page.getByLabel('Threshold', { exact: true }).press('Home');
  await visit.write();
  expect(await visit.measure('passes/token')).toBeLessThan(1);
  await visit.page.getByLabel('Order of unmasking').selectOption('entropy');
  expect(await visit.page.getByText('The entropy bound decides').isVisible()).toBe(true);
  const bound = visit.page.getByLabel('Entropy bound', { exact: true });
  expect(await bound.getAttribute('aria-valuetext')).toBe('0.50 nats');
  await bound.press('End');
  expect(await bound.getAttribute('aria-valuetext')).toBe('4.00 nats');
  await visit.write();
  expect(await visit.measure('passes/token')).toBeLessThan(1);
  await visit.page.reload();
  await visit.reaches('finished');
  expect(await visit.page.getByLabel('Order of unmasking').inputValue()).toBe('entropy');
  expect(await bound.getAttribute('aria-valuetext')).toBe('4.00 nats');
  await visit.page.getByLabel('Order of unmasking').selectOption('ancestral');
  expect(await steps.isDisabled()).toBe(false);
  await visit.close();
});

test('kind and title head the story; own words are gone on from', async () => {
  const visit = await StoryPage.open(site);
  await visit.page.getByLabel('Kind').selectOption('Bedtime story');
  await visit.page.getByLabel('Title', { exact: true }).fill('Two Moons');
  await visit.reaches('finished');
  await visit.write();
  expect(await visit.page.getByRole('heading', { name: 'Two Moons' }).isVisible()).toBe(true);
  expect(await visit.page.locator('.kind').textContent()).toBe('Bedtime story');
  await visit.page.getByRole('radio', { name: 'Your own words' }).check();
  await visit.page.getByLabel('Opening words').fill('The little fox said');
  await visit.write();
  const text = await visit.text();
  expect(text).toMatch(/^The little fox said\S* /);
  expect(text.length).toBeGreaterThan(60);
  expect(await visit.page.getByRole('heading', { name: 'Two Moons' }).count()).toBe(0);
  await visit.close();
});

test('a title can be edited in its middle while a story is being written', async () => {
  const visit = await StoryPage.open(site, { title: 'The Kite', ...LONG_TEXT });
  await visit.reaches('writing');
  const title = visit.page.getByLabel('Title', { exact: true });
  await title.press('Home');
  for (let index = 0; index < 4; index++) await title.press('ArrowRight');
  await title.pressSequentially('Long Lost ');
  expect(await title.inputValue()).toBe('The Long Lost Kite');
  await visit.close();
});

test('Ctrl+Enter writes, Escape stops, arrow keys walk the tokens and say how sure the model was', async () => {
  const visit = await StoryPage.open(site, LONG_TEXT);
  await visit.reaches('writing');
  await visit.page.keyboard.press('Escape');
  await visit.reaches('stopped');
  await visit.page.getByLabel('Title', { exact: true }).focus();
  await visit.page.keyboard.press('Control+Enter');
  await visit.reaches('writing');
  await visit.page.waitForSelector('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"] .token');
  await visit.page.keyboard.press('Escape');
  await visit.reaches('stopped');
  await visit.page.locator('.story .text').focus();
  await visit.page.keyboard.press('ArrowRight');
  expect(await visit.page.locator('.tip').textContent()).toMatch(/probability [<\d. ]+ %.*Step \d+ of \d+, block 1/);
  await visit.close();
});
