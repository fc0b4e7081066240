import type { BrowserContext, ConsoleMessage, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Settings } from '../../src/ui/settings/settings';
import { measureOf, NAMES, type Phase, SETTINGS, storyAt, TEXT } from './page-parts';
import type { Site } from './site';

/** The page as a person sees it. Collects what must not happen; `close` fails the test if any of it did. */
export class StoryPage {
  readonly complaints: string[] = [];
  readonly page: Page;
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    page.on('console', (message) => this.#listen(message));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) this.complaints.push(`third party: ${url}`);
    });
  }

  /**
   * A fresh visitor with these settings saved, in a browser without service workers, so that every request
   * is the page's own. `prepare` comes before the page is opened.
   */
  static open(
    site: Site,
    settings: Partial<Settings> = {},
    prepare: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<StoryPage> {
    return StoryPage.openWithServiceWorker(site, settings, async (page) => {
      await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'));
      await prepare(page);
    });
  }

  /** Somebody who was never here, and has nothing saved. */
  static async openFirstVisit(
    site: Site,
    { width = 1440, height = 900 },
    prepare: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<StoryPage> {
    const context = await site.browser.newContext({ viewport: { width, height } });
    const page = await context.newPage();
    const opened = new StoryPage(context, page, new URL(site.url).origin);
    await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'));
    await prepare(page);
    await page.goto(site.url);
    return opened;
  }

  /** The same in a browser as it is. */
  static async openWithServiceWorker(
    site: Pick<Site, 'browser' | 'url'>,
    settings: Partial<Settings> = {},
    prepare: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<StoryPage> {
    const context = await site.browser.newContext({ viewport: { width: 1200, height: 800 } });
    const page = await context.newPage();
    const opened = new StoryPage(context, page, new URL(site.url).origin);
    await context.addInitScript(
      (saved) => {
        // Only for the first visit: a reload has to find what the page itself saved.
        if (!localStorage.getItem('unmask.settings')) localStorage.setItem('unmask.settings', saved);
      },
      JSON.stringify({ ...SETTINGS, ...settings }),
    );
    await prepare(page);
    await page.goto(site.url);
    return opened;
  }

  async close(): Promise<void> {
    await this.#context.close();
    expect(this.complaints).toEqual([]);
  }

  get story(): Locator {
    return this.page.locator('article.story');
  }

  get alert(): Locator {
    return this.page.getByRole('alert');
  }

  /** The Generate button of a wide window. */
  get generate(): Locator {
    return this.page.getByRole('button', { name: NAMES.generate });
  }

  get stop(): Locator {
    return this.page.getByRole('button', { name: NAMES.stop });
  }

  async reaches(...phases: Phase[]): Promise<void> {
    await this.page.waitForSelector(storyAt(phases), { timeout: 100_000 });
  }

  /** Starts a text and waits for its end. */
  write(): Promise<void> {
    return this.writesFrom(() => this.generate.click());
  }

  /** Starts a text in some way and waits for its end, however soon that comes. */
  async writesFrom(start: () => Promise<unknown>): Promise<void> {
    // A short text may be done before anyone who looks now and then sees it begin.
    const begun = this.page.evaluate(
      (selector) =>
        new Promise<void>((resolve) => {
          const observer = new MutationObserver(() => {
            if (!document.querySelector(selector)) return;
            observer.disconnect();
            resolve();
          });
          const options = { subtree: true, childList: true, attributeFilter: ['data-phase'] };
          observer.observe(document.body, options);
        }),
      storyAt(['starting', 'writing']),
    );
    await start();
    await begun;
    await this.reaches('finished');
  }

  async text(): Promise<string> {
    return (await this.page.locator(TEXT).textContent()) ?? '';
  }

  async measure(name: string): Promise<number> {
    return Number(await this.page.locator(measureOf(name)).textContent());
  }

  /** The slider over the steps of the run. */
  get timeline(): Locator {
    return this.page.getByRole('slider', { name: 'Step', exact: true });
  }

  /** How many tokens are masked on screen. */
  masks(): Promise<number> {
    return this.page.locator('.noise').count();
  }

  /** Tokens of each block on screen, masks included. */
  blockLengths(): Promise<number[]> {
    return this.page
      .locator('.block')
      .evaluateAll((blocks) => blocks.map((block) => block.querySelectorAll('.token, .noise').length));
  }

  #listen(message: ConsoleMessage): void {
    if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
  }
}
