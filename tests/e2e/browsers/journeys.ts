import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { TemporaryFolders } from '../../temporary-folders';
import { blocksInNode } from '../blocks-in-node';
import { ModelHost, otherModel } from '../model-host';
import { LONG_TEXT, NAMES } from '../page-parts';
import { PlainHost } from '../plain-host';
import { FOLDER, openServer } from '../site';
import type { DrivenBrowser } from './driven';
import { Visitor } from './visitor';

export interface Traits {
  /** Whether models of others can be kept: WebKitGTK has no private file system. */
  readonly keepsModels: boolean;
}

/** What a person does with the page, in a browser that `start` starts. */
export function journeys(start: () => Promise<DrivenBrowser>, { keepsModels }: Traits): void {
  // WebKitGTK compiles the runtime anew at each visit.
  vi.setConfig({ testTimeout: 240_000 });
  const folders = new TemporaryFolders();
  let browser: DrivenBrowser;
  let site: Awaited<ReturnType<typeof openServer>>;
  beforeAll(async () => {
    site = await openServer();
    browser = await start();
    console.log(`In ${browser.version}`);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
    await folders.remove();
  });

  test('writes the ids that Node writes, goes on, and goes on from a word that is typed over', async () => {
    const visit = await Visitor.open(browser, site.url);
    await visit.reaches('finished');
    expect(await visit.ids()).toEqual(await blocksInNode());
    expect(await visit.textOf('[data-fact="backend"]')).toContain('WebAssembly');

    const first = await visit.text();
    await visit.writes(() => visit.press(NAMES.continue));
    const longer = await visit.text();
    expect(longer.length).toBeGreaterThan(first.length + 40);
    expect(longer.startsWith(first)).toBe(true);

    await visit.writes(() => visit.press(NAMES.generate));
    expect(await visit.text()).toBe(first);
    await visit.click('//*[@data-token="2.1"]');
    await visit.page.press('Enter');
    await visit.sees('.type-over input:focus');
    await visit.page.press('Control+a');
    await visit.page.type('dragon');
    await visit.page.press('Enter');
    await visit.sees('[data-kind="typed"]');
    await visit.writes(() => visit.page.press('Control+Enter'));
    expect(await visit.text()).toContain('dragon');
    // Up to the end of the sentence in which it reaches its 32.
    expect(await visit.measure('tokens')).toBeGreaterThan(24);
    expect(await visit.measure('tokens')).toBeLessThanOrEqual(32 + 32);
    await picture(visit, 'edited');
    await visit.leave();
  });

  test('Stop ends a text at once, and Generate starts another', async () => {
    const visit = await Visitor.open(browser, site.url, LONG_TEXT);
    await visit.sees('.token[data-state="committed"]');
    await visit.press(NAMES.stop);
    await visit.reaches('stopped');
    const text = await visit.text();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await visit.text()).toBe(text);
    await visit.press(NAMES.generate);
    await visit.reaches('writing');
    await visit.page.press('Escape');
    await visit.reaches('stopped');
    await visit.leave();
  });

  test('a race is run to its verdict', async () => {
    const visit = await Visitor.open(browser, site.url);
    await visit.reaches('finished');
    await visit.follow(NAMES.race);
    await visit.press(NAMES.startRace);
    for (const racer of [1, 2]) await visit.reads(`.racer:nth-child(${racer}) [data-counter="tokens"]`, '32');
    await visit.until(() => /\d s /.test(document.querySelector('.verdict')?.textContent ?? ''));
    await picture(visit, 'race');
    await visit.leave();
  });

  test('the address of a text gives the same text to somebody with other settings', async () => {
    const writer = await Visitor.open(browser, site.url, { title: 'The Fox & the Moon', blockSize: 4 });
    await writer.reaches('finished');
    const [text, ids] = [await writer.text(), await writer.ids()];
    const link = await writer.page.run(() => location.href);
    await writer.leave();
    const reader = await Visitor.open(browser, link, { title: 'Elsewhere', seed: 99, temperature: 0.2 });
    await reader.reaches('finished');
    expect(await reader.text()).toBe(text);
    expect(await reader.ids()).toEqual(ids);
    await reader.leave();
  });

  test('a model of another origin is opened, and kept where the browser can keep one', async () => {
    const host = new ModelHost(await otherModel(folders));
    await host.start();
    const visit = await Visitor.open(browser, site.url);
    await visit.reaches('finished');
    await visit.press(NAMES.openModel);
    await visit.fill(NAMES.modelUrl, host.url);
    await visit.press(NAMES.open);
    await visit.reads('.facts dd', 'Other stories');
    await visit.writes(() => visit.press(NAMES.generate));
    await visit.press(NAMES.openModel);
    await visit.reads('dialog li', 'Other stories');
    await picture(visit, 'models');
    await host.stop();
    await visit.page.reload();
    await visit.reaches('finished');
    await visit.reads('.facts dd', keepsModels ? 'Other stories' : 'Unmask Stories');
    await visit.leave();
  });

  test('a static host under a path: the same text once it is gone', async () => {
    const host = new PlainHost(FOLDER, '/some/sub/path/');
    await host.start();
    const visit = await Visitor.open(browser, host.url);
    await visit.until(() => crossOriginIsolated);
    await visit.reaches('finished');
    const text = await visit.text();
    await host.stop();
    await visit.page.reload();
    await visit.reaches('finished');
    expect(await visit.text()).toBe(text);
    await visit.leave();
  });

  async function picture(visit: Visitor, name: string): Promise<void> {
    const { PICTURES } = process.env;
    if (PICTURES) await visit.page.picture(`${PICTURES}/${browser.version.replace(/\/.*/, '')}-${name}.png`);
  }
}
