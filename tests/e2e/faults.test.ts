import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
let browser: CDPSession;
beforeAll(async () => {
  site = await openSite();
  browser = await site.browser.newBrowserCDPSession();
});
afterAll(() => site.close());

/** Ends Chromium's GPU process: every WebGPU device of every page is lost. */
const crashGpu = () => browser.send('Browser.crashGpuProcess');

const ON_GPU = { backend: 'webgpu', maxTokens: 32, blockSize: 8, policy: 'confidence', steps: 2 } as const;

test('the GPU process crashes twice in the middle of a text, which is the same; the third time within a minute the CPU goes on', async () => {
  const visit = await StoryPage.open(site, ON_GPU);
  await visit.reaches('finished');
  const text = await visit.text();
  await visit.generate.click();
  await visit.reaches('starting', 'writing');
  for (const tokens of [4, 20]) {
    await visit.page.waitForFunction((count) => document.querySelectorAll('.token').length > count, tokens);
    await crashGpu();
  }
  await visit.reaches('finished');
  expect(await visit.text()).toBe(text);
  expect(await visit.alert.count()).toBe(0);
  expect(await visit.page.getByText(/^The GPU was lost\. The model is being loaded onto it again/).count()).toBe(1);

  // The third within a minute, or where a slow machine took longer than that, the one after it.
  await visit.generate.click();
  await visit.reaches('starting', 'writing');
  const isOver = async () => (await visit.alert.count()) > 0;
  for (let blocks = 1; blocks < 4 && !(await isOver()); blocks++) {
    await visit.page.waitForFunction((count) => document.querySelectorAll('.block').length > count, blocks);
    await crashGpu();
    const hasGoneOn = async () => (await visit.page.locator('.block').count()) > blocks + 1;
    await expect.poll(async () => (await isOver()) || (await hasGoneOn())).toBe(true);
  }
  await visit.alert.waitFor();
  expect(await visit.alert.textContent()).toMatch(/lost 3 times within a minute/);
  const plain = (text: string) => text.replace(/\s+/g, ' ').trim();
  const finished = visit.page.locator('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"]');
  const kept = plain((await finished.allTextContents()).join(''));
  await visit.alert.getByRole('button', { name: 'Continue on the CPU' }).click();
  await visit.reaches('finished');
  const whole = await visit.text();
  // The block that was being written is begun anew; what was finished stays.
  expect(kept.length).toBeGreaterThan(0);
  expect(plain(whole).startsWith(kept)).toBe(true);
  expect((await visit.blockLengths()).reduce((sum, length) => sum + length)).toBeGreaterThanOrEqual(ON_GPU.maxTokens);
  expect(await visit.page.locator('[data-fact="backend"]').textContent()).toContain('CPU');
  visit.complaints.length = 0;
  await visit.close();
});

test('two tabs write at once, and neither disturbs the other', async () => {
  const first = await StoryPage.open(site, { maxTokens: 24 });
  await first.reaches('finished');
  const text = await first.text();
  const second = await first.page.context().newPage();
  await second.goto(site.url);
  await first.generate.click();
  await second.locator('article.story[data-phase="finished"]').waitFor();
  await first.reaches('finished');
  expect(await first.text()).toBe(text);
  expect(await second.locator('.story .text').textContent()).toBe(text);
  await first.close();
});

test('a tab that gets no frames, as one in the background, goes on and then shows all of it', async () => {
  const visit = await StoryPage.open(site);
  await visit.reaches('finished');
  const began = performance.now();
  await visit.write();
  const milliseconds = performance.now() - began;
  const text = await visit.text();
  await visit.page.evaluate(() => {
    const later: FrameRequestCallback[] = [];
    const { requestAnimationFrame } = window;
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    window.requestAnimationFrame = (callback) => later.push(callback);
    window.addEventListener('shown', () => {
      Reflect.deleteProperty(document, 'visibilityState');
      window.requestAnimationFrame = requestAnimationFrame;
      for (const callback of later) requestAnimationFrame(callback);
    });
  });
  await visit.generate.click();
  await new Promise((resolve) => setTimeout(resolve, 2 * milliseconds + 500));
  expect(await visit.text()).not.toBe(text);
  // All of it is there at once, so it was written before.
  await visit.page.evaluate(() => window.dispatchEvent(new Event('shown')));
  const isWhole = (whole: string) => document.querySelector('.story .text')?.textContent === whole;
  await visit.page.waitForFunction(isWhole, text, { timeout: 400 });
  await visit.close();
});
