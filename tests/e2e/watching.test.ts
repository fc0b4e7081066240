import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LONG_TEXT } from './page-parts';
import { openSite, type Site } from './site';
import { StoryPage } from './story-page';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

describe('a text that is written', () => {
  let visit: StoryPage;
  beforeAll(async () => {
    visit = await StoryPage.open(site);
    await visit.reaches('finished');
  });
  afterAll(() => visit.close());

  test('the numbers of a run', async () => {
    const shown = await visit.page
      .locator('[data-measure]')
      .evaluateAll((cells) => cells.map((cell) => [cell.getAttribute('data-measure'), cell.textContent]));
    expect(shown.map(([name]) => name)).toEqual([
      'tokens/s',
      'tokens/pass',
      'tokens',
      'passes/token',
      'KV cache',
      'first block',
      'time',
      'model',
    ]);
    const numbers = Object.fromEntries(shown);
    expect(numbers['KV cache']).toMatch(/^\d+ KB$/);
    expect(numbers['first block']).toMatch(/^\d+\.\d+ s$/);
    expect(numbers['passes/token'] * numbers['tokens/pass']).toBeCloseTo(1, 1);
  });

  test('a token tells on hover how sure the model was of it, and when it was revealed', async () => {
    const token = visit.page.locator('.token').nth(5);
    await token.hover();
    const tip = visit.page.locator('.tip');
    expect(await tip.textContent()).toContain((await token.textContent())!.trim());
    expect(await tip.textContent()).toMatch(/probability.* %.*Step \d of \d, block \d/);
    await visit.page.mouse.move(5, 5);
    expect(await tip.count()).toBe(0);
  });

  test('the run is scrubbed with the mouse and stepped with the arrow keys, and comes back as it was', async () => {
    const text = await visit.text();
    const box = (await visit.timeline.boundingBox())!;
    await visit.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    const half = await visit.text();
    expect(half.length).toBeLessThan(text.length);
    expect(await visit.masks()).toBeGreaterThan(0);
    expect(await visit.timeline.getAttribute('aria-valuetext')).toMatch(/^Block \d, step \d of \d$/);

    const position = Number(await visit.timeline.inputValue());
    await visit.timeline.press('ArrowRight');
    expect(Number(await visit.timeline.inputValue())).toBe(position + 1);
    await visit.timeline.press('Home');
    expect(await visit.page.getByText('Before the first step').isVisible()).toBe(true);
    expect(await visit.measure('tokens')).toBe(0);
    await visit.page.getByRole('button', { name: 'End' }).click();
    expect(await visit.text()).toBe(text);

    await visit.page.locator('body').click({ position: { x: 700, y: 5 } });
    await visit.page.keyboard.press('ArrowLeft');
    await visit.page.keyboard.press('ArrowLeft');
    expect(await visit.masks()).toBe(2);
    await visit.page.keyboard.press('Shift+ArrowLeft');
    expect(await visit.masks()).toBe(0);
    expect((await visit.text()).length).toBeLessThan(text.length - 8);
    await visit.page.keyboard.press('l');
    expect(await visit.text()).toBe(text);
  });

  test('the colours of the text tell confidence or order, and the choice is kept', async () => {
    const backgrounds = () =>
      visit.page
        .locator('.token')
        .evaluateAll((tokens) => new Set(tokens.map((token) => getComputedStyle(token).backgroundColor)).size);
    expect(await backgrounds()).toBe(1);
    await visit.page.getByRole('radio', { name: 'Confidence' }).check();
    expect(await backgrounds()).toBeGreaterThan(5);
    expect(await visit.page.locator('.legend').textContent()).toBe('sureunsure');
    await visit.page.locator('body').click({ position: { x: 700, y: 5 } });
    await visit.page.keyboard.press('h');
    expect(await visit.page.getByRole('radio', { name: 'Order', exact: true }).isChecked()).toBe(true);
    expect(await visit.page.locator('.legend').textContent()).toBe('firstlast');
    expect(await backgrounds()).toBeGreaterThan(5);
    await visit.page.reload();
    await visit.reaches('finished');
    expect(await visit.page.getByRole('radio', { name: 'Order', exact: true }).isChecked()).toBe(true);
  });
});

describe('a text that is being written', () => {
  let visit: StoryPage;
  beforeAll(async () => {
    visit = await StoryPage.open(site, { ...LONG_TEXT, speed: 4 });
    await visit.page
      .locator('[data-phase]:not([data-phase="recorded"]) .block[data-committed="true"]')
      .nth(1)
      .waitFor();
  });
  afterAll(() => visit.close());

  test('draws none of the fields that it does not change', async () => {
    const drawn = await visit.page.evaluate(async () => {
      const steps = () => document.querySelector<HTMLInputElement>('.track input')!.max;
      const before = steps();
      const labels = new Set<string>();
      const observer = new MutationObserver((changes) => {
        for (const { target } of changes) {
          const field = target as HTMLInputElement;
          labels.add(field.ariaLabel ?? field.labels?.[0]?.textContent ?? field.outerHTML);
        }
      });
      // React writes an input's type whenever it draws it.
      observer.observe(document, { subtree: true, attributeFilter: ['type'] });
      while (Number(steps()) < Number(before) + 5) await new Promise(requestAnimationFrame);
      observer.disconnect();
      return [...labels];
    });
    expect(drawn).toEqual(['Step']);
  });

  test('a run is looked back on while it goes on, and played back to where it is', async () => {
    await visit.timeline.press('Home');
    const steps = Number(await visit.timeline.getAttribute('max'));
    await visit.page.waitForFunction((before) => {
      const slider = document.querySelector<HTMLInputElement>('.track input');
      return Number(slider?.max) > before + 2;
    }, steps);
    expect(await visit.measure('tokens')).toBe(0);
    await visit.page.getByRole('button', { name: 'Play back' }).click();
    await visit.page.locator('.token').first().waitFor();
    await visit.page.waitForSelector('article[data-view="live"]');
    await visit.stop.click();
  });
});
