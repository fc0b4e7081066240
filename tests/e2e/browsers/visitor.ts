import { expect } from 'vitest';
import type { Settings } from '../../../src/ui/settings/settings';
import { measureOf, NAMES, type Phase, SETTINGS, storyAt, TEXT } from '../page-parts';
import type { DrivenBrowser, DrivenPage } from './driven';

const POLL_MS = 100;
const PATIENCE_MS = 90_000;

/** A person at the page, in any browser that is driven. `leave` fails the test if the console complained. */
export class Visitor {
  readonly page: DrivenPage;

  private constructor(page: DrivenPage) {
    this.page = page;
  }

  /** A fresh visitor with these settings saved. */
  static async open(browser: DrivenBrowser, url: string, settings: Partial<Settings> = {}): Promise<Visitor> {
    const page = await browser.open();
    // Any file of the origin that runs nothing, since what a page finds in storage has to be there before it.
    await page.goTo(new URL('icon.svg', url).href);
    const saved = JSON.stringify({ ...SETTINGS, ...settings });
    await page.run((saved) => localStorage.setItem('unmask.settings', saved), saved);
    await page.goTo(url);
    return new Visitor(page);
  }

  async leave(): Promise<void> {
    const complaints = [...this.page.complaints()];
    await this.page.close();
    expect(complaints).toEqual([]);
  }

  /** Waits until a function gives something in the page, and returns that. */
  async until<Args extends unknown[], Result>(
    script: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<NonNullable<Result>> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const result = await this.page.run(script, ...args);
      if (result) return result;
      if (Date.now() > end)
        throw new Error(
          `Waited in vain for ${script}, with ${JSON.stringify(args)}, on the page: ${await this.textOf('body')}`,
        );
      await pause();
    }
  }

  /** Waits for an element. */
  async sees(selector: string): Promise<void> {
    await this.until((selector) => document.querySelector(selector) !== null, selector);
  }

  async reaches(...phases: Phase[]): Promise<void> {
    await this.sees(storyAt(phases));
  }

  /** Waits for an element with this text in it. */
  async reads(selector: string, text: string): Promise<void> {
    await this.until(
      (selector, text) =>
        [...document.querySelectorAll(selector)].some((element) => element.textContent.includes(text)),
      selector,
      text,
    );
  }

  /** The text of the first element; '' where there is none. */
  textOf(selector: string): Promise<string> {
    return this.page.run((selector) => document.querySelector(selector)?.textContent ?? '', selector);
  }

  text(): Promise<string> {
    return this.textOf(TEXT);
  }

  async measure(name: string): Promise<number> {
    return Number(await this.textOf(measureOf(name)));
  }

  /** Waits for what an XPath finds, and clicks it. */
  async click(xpath: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!(await this.page.click(xpath))) {
      if (Date.now() > end) throw new Error(`Waited in vain for ${xpath}.`);
      await pause();
    }
  }

  press(name: string): Promise<void> {
    return this.click(`//button[not(@disabled) and normalize-space()="${name}"]`);
  }

  follow(name: string): Promise<void> {
    return this.click(`//a[normalize-space()="${name}"]`);
  }

  /** Types into the field with this label, in place of what it has. */
  async fill(label: string, text: string): Promise<void> {
    await this.click(`//*[@id=//label[normalize-space()="${label}"]/@for]`);
    await this.page.press('Control+a');
    await this.page.type(text);
  }

  /** Starts a text with the Generate button and waits for its end. */
  async write(): Promise<void> {
    await this.press(NAMES.generate);
    await this.reaches('starting', 'writing');
    await this.reaches('finished');
  }

  /** The ids of each block, as a run that is saved has them. */
  async ids(): Promise<number[][]> {
    await this.page.run(() => {
      const { createObjectURL } = URL;
      const { click } = HTMLAnchorElement.prototype;
      URL.createObjectURL = (content) => {
        Object.assign(window, { saved: content });
        return createObjectURL.call(URL, content);
      };
      // The download itself has no part in this, and drivers do not agree on what becomes of one.
      HTMLAnchorElement.prototype.click = () => {
        Object.assign(HTMLAnchorElement.prototype, { click });
        Object.assign(URL, { createObjectURL });
      };
    });
    await this.press(NAMES.share);
    await this.press(NAMES.saveRun);
    const run = await this.until(() => (window as { saved?: Blob }).saved?.text());
    await this.press(NAMES.close);
    const blocks: { length: number; tokens: [id: number][] }[] = JSON.parse(run).blocks;
    // What a block has beyond its length was written and is not part of the text.
    return blocks.map(({ length, tokens }) => tokens.slice(0, length).map(([id]) => id));
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
