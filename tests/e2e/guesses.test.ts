import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';
import { violations } from './violations';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

/** Goes on from the beginning of the run to the first step that leaves masks. */
async function toMasks(visit: StoryPage): Promise<void> {
  await visit.timeline.press('Home');
  do await visit.timeline.press('ArrowRight');
  while ((await visit.page.locator('.noise, .guess').count()) === 0);
}

const SETTINGS = { policy: 'threshold', threshold: 0.6, blockSize: 8, maxTokens: 24, guesses: 'on' } as const;

test.each(['light', 'dark'] as const)(
  '%s: guesses stand at masked places, in the timeline too, and a screen reader is not told',
  async (colorScheme) => {
    const visit = await StoryPage.open(site, SETTINGS, (page) =>
      page.emulateMedia({ colorScheme, reducedMotion: 'reduce' }),
    );
    await visit.reaches('finished');
    const guesses = visit.page.locator('.guess');
    expect(await guesses.count()).toBe(0);
    await visit.timeline.press('Home');
    expect(await guesses.count()).toBe(0);
    await toMasks(visit);
    const masked = (await visit.masks()) + (await guesses.count());
    expect(await guesses.count()).toBeGreaterThan(0);
    expect(masked).toBeLessThan(8);
    expect(await visit.page.locator('.guess:not([aria-hidden="true"])').count()).toBe(0);
    expect(await violations(visit.page)).toEqual([]);
    const colours = await visit.page
      .locator('.guess, .token')
      .evaluateAll((words) => words.map((word) => `${word.className} ${getComputedStyle(word).color}`));
    const guessed = new Set(colours.filter((each) => each.startsWith('guess')));
    expect(guessed.size).toBe(1);
    const shared = colours.some((each) => each.startsWith('token') && guessed.has(each.replace('token', 'guess')));
    expect(shared).toBe(false);

    // Off and on again by key.
    await visit.page.locator('body').click({ position: { x: 700, y: 5 } });
    await visit.page.keyboard.press('g');
    expect(await guesses.count()).toBe(0);
    expect(await visit.masks()).toBe(masked);
    await visit.page.keyboard.press('g');
    expect(await guesses.count()).toBeGreaterThan(0);
    await visit.close();
  },
);

test('a text that was written without guesses shows none, and the next one does', async () => {
  const visit = await StoryPage.open(site, { ...SETTINGS, guesses: 'off' });
  await visit.reaches('finished');
  const text = await visit.text();
  await visit.page.getByLabel('Guesses at what is still masked').check();
  await toMasks(visit);
  expect(await visit.page.locator('.guess').count()).toBe(0);
  expect(await visit.masks()).toBeGreaterThan(0);
  await visit.write();
  // Asking changes nothing of the text.
  expect(await visit.text()).toBe(text);
  await toMasks(visit);
  expect(await visit.page.locator('.guess').count()).toBeGreaterThan(0);
  await visit.close();
});

test.each([360, 1440])(
  '%i px: the histogram tells the probabilities of the pass that is shown, and the threshold',
  async (width) => {
    const visit = await StoryPage.open(site, { ...SETTINGS, guesses: 'off', histogram: 'on' }, (page) =>
      page.emulateMedia({ reducedMotion: 'reduce' }),
    );
    await visit.page.setViewportSize({ width, height: 800 });
    await visit.reaches('finished');
    await visit.timeline.press('Home');
    const histogram = visit.page.locator('.pass-histogram');
    expect(await histogram.getAttribute('aria-label')).toBe('Before the first step');
    await toMasks(visit);
    expect(await histogram.getAttribute('aria-label')).toMatch(
      /^Uncovered: \d tokens?, .*%; left masked: \d tokens?, .*%; threshold 60 %\.$/,
    );
    expect(await histogram.locator('path.threshold').getAttribute('d')).toMatch(/^M12 /);
    expect(await visit.page.locator('.guess').count()).toBe(0);
    expect(await violations(visit.page)).toEqual([]);
    expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await visit.close();
  },
);
