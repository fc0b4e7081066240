import { expect, onTestFinished } from 'vitest';
import type { Settings } from '../../../src/ui/settings/settings';
import { blocksOfRun } from '../blocks-in-node';
import { measureOf, NAMES, type Phase, SETTINGS, storyAt, TEXT } from '../page-parts';
import type { DrivenBrowser, DrivenPage } from './driven';

const POLL_MS = 100;
const PATIENCE_MS = 90_000;

/** A person at the page, in any browser that is driven. `leave` fails the test if the console complained. */
export class Visitor {
  readonly page: DrivenPage;
  #hasLeft = false;

  private constructor(page: DrivenPage) {
    this.page = page;
    // WebKitGTK opens no other window before this one is closed.
    onTestFinished(() => this.#close());
  }

  /** A fresh visitor with these settings saved. */
  static async open(browser: DrivenBrowser, url: string, settings: Partial<Settings> = {}): Promise<Visitor> {
    const page = await browser.open();
    const visitor = new Visitor(page);
    // Any file of the origin that runs nothing, since what a page finds in storage has to be there before it.
    await page.goTo(new URL('icon.svg', url).href);
    const saved = JSON.stringify({ ...SETTINGS, ...settings });
    await page.run((saved) => localStorage.setItem('unmask.settings', saved), saved);
    await page.goTo(url);
    return visitor;
  }

  async leave(): Promise<void> {
    const complaints = [...this.page.complaints()];
    await this.#close();
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
    await this.until((text) => (document.activeElement as HTMLInputElement).value === text, text);
  }

  /** Starts a text and waits for its end, however soon that comes. */
  async writes(start: () => Promise<void>): Promise<void> {
    await this.page.run(
      (underWay) => {
        const { body } = document;
        delete body.dataset.began;
        const observer = new MutationObserver(() => {
          if (!document.querySelector(underWay)) return;
          body.dataset.began = '';
          observer.disconnect();
        });
        observer.observe(body, { subtree: true, childList: true, attributes: true });
      },
      storyAt(['starting', 'writing']),
    );
    await start();
    await this.sees(`body[data-began] ${storyAt(['finished'])}`);
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
    return blocksOfRun(run);
  }

  async #close(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    await this.page.close();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
