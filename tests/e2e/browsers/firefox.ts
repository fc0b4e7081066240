import { type ConsoleMessage, type KeyInput, launch, type Page } from 'puppeteer-core';
import { findFirefox } from '../../../scripts/install.mjs';
import type { DrivenBrowser, DrivenPage } from './driven';

const VIEWPORT = { width: 1200, height: 800 };

/**
 * The runtime gets one thread, since others may never start: in a Firefox that is driven, or has its developer tools
 * open, `new Worker` in a worker now and then waits for good (docs/LOG.md).
 */
const ONE_THREAD = { 'dom.maxHardwareConcurrency': 1 };

/** Firefox over WebDriver BiDi, headless. `env` and `preferences` come on top of its own. */
export async function openFirefox(
  env: Readonly<Record<string, string>> = {},
  preferences = {},
): Promise<DrivenBrowser> {
  const browser = await launch({
    browser: 'firefox',
    executablePath: findFirefox() ?? missing(),
    env: { ...process.env, ...env },
    extraPrefsFirefox: { ...ONE_THREAD, ...preferences },
    defaultViewport: VIEWPORT,
  });
  return {
    version: await browser.version(),
    open: async () => {
      const context = await browser.createBrowserContext();
      return new FirefoxPage(await context.newPage());
    },
    close: () => browser.close(),
  };
}

function missing(): never {
  throw new Error('There is no Firefox here: "npm test" installs one where it may.');
}

class FirefoxPage implements DrivenPage {
  readonly #page: Page;
  readonly #complaints: string[] = [];

  constructor(page: Page) {
    this.#page = page;
    page.on('console', (message: ConsoleMessage) => {
      if (['error', 'warn'].includes(message.type())) this.#complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.#complaints.push(String(error)));
  }

  async goTo(url: string): Promise<void> {
    await this.#page.goto(url);
  }

  async reload(): Promise<void> {
    await this.#page.reload();
  }

  run<Args extends unknown[], Result>(script: (...args: Args) => Result | Promise<Result>, ...args: Args) {
    return this.#page.evaluate(script as (...args: unknown[]) => unknown, ...args) as Promise<Result>;
  }

  async click(xpath: string): Promise<boolean> {
    for (const element of await this.#page.$$(`xpath/${xpath}`)) {
      if (!(await element.isVisible())) continue;
      await element.click();
      return true;
    }
    return false;
  }

  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text);
  }

  async press(keys: string): Promise<void> {
    const held = keys.split('+') as KeyInput[];
    const key = held.pop()!;
    for (const each of held) await this.#page.keyboard.down(each);
    await this.#page.keyboard.press(key);
    for (const each of held.reverse()) await this.#page.keyboard.up(each);
  }

  async picture(path: string): Promise<void> {
    await this.#page.screenshot({ path: path as `${string}.png` });
  }

  complaints(): readonly string[] {
    return this.#complaints;
  }

  async close(): Promise<void> {
    await this.#page.browserContext().close();
  }
}
