import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PUBLISHED_SHAPES } from '../../bench/published-shapes';
import { visitorOf } from '../e2e/hub-visitor';
import { openSite, type Site } from '../e2e/site';
import { filesIn } from '../files-in';
import { HubServer, type ServedFile } from '../hub-server';
import { distributionOf, tensorsOf } from '../long/random-checkpoint';
import { writeTokenizer } from '../long/random-tokenizer';
import { TemporaryFolders } from '../temporary-folders';
import { GeneratedFile } from './generated-file';

/** As published: 751 million parameters in bf16, with a head of its own. */
const SHAPE = 'Qwen3-0.6B-a2d';
const MODEL = `someone/${SHAPE}`;
const { config, files, storesHead, parameters } = PUBLISHED_SHAPES[SHAPE];

const folders = new TemporaryFolders();
const hub = new HubServer();
let site: Site;
let browser: CDPSession;

beforeAll(async () => {
  const tokenizer = await folders.make();
  await writeTokenizer(tokenizer);
  const tensors = tensorsOf(config, 1, storesHead).map(({ name, shape }) => ({
    name,
    shape,
    ...distributionOf(name, shape),
  }));
  const json = Object.entries({ ...files, 'config.json': config });
  hub.repositories.set(
    MODEL,
    new Map<string, Buffer | ServedFile>([
      ...json.map(([path, value]) => [path, Buffer.from(JSON.stringify(value))] as const),
      ['tokenizer.json', filesIn(tokenizer).get('tokenizer.json')!],
      ['model.safetensors', new GeneratedFile(tensors)],
    ]),
  );
  await hub.start();
  site = await openSite();
  browser = await site.browser.newBrowserCDPSession();
});
afterAll(async () => {
  await site?.close();
  await hub.stop();
  await folders.remove();
});

/** What JavaScript and WebAssembly of the page and its workers hold, in MB. */
function javascriptMegabytes(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const { measureUserAgentSpecificMemory: measure } = performance as unknown as {
      measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
    };
    return (await measure.call(performance)).bytes / 1e6;
  });
}

/** Seconds of CPU time that the page and its workers have used. */
async function cpuSeconds(): Promise<number> {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  return processInfo.reduce((sum, { type, cpuTime }) => sum + (type === 'renderer' ? cpuTime : 0), 0);
}

/** A look at the memory collects garbage in every worker, which takes time of what is measured. */
const LOOK_MS = 5_000;

test('a checkpoint of a published shape goes from its repository to text in Chromium, and is there without it', async () => {
  const visit = await visitorOf(site, hub);
  const { page } = visit;
  // The model that comes with the page, and its runtime.
  const before = await javascriptMegabytes(page);
  await page.getByRole('button', { name: 'Open a model…' }).click();
  await page.getByLabel(/^URL of a model folder/).fill(MODEL);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  const sheet = page.getByRole('dialog').filter({ hasText: 'Save as' });
  await sheet.getByRole('button', { name: 'Fetch and open' }).waitFor({ timeout: 120_000 });
  expect(await sheet.getByLabel(/^q4/).isChecked()).toBe(true);
  const written = await visit.text();
  const [began, cpuBefore] = [performance.now(), await cpuSeconds()];
  await sheet.getByRole('button', { name: 'Fetch and open' }).click();
  const fetching = page.locator('.fetch progress');
  await fetching.waitFor({ timeout: 60_000 });
  // The model in use writes on meanwhile, and the same.
  await visit.write();
  expect(await visit.text()).toBe(written);
  expect(await fetching.isVisible()).toBe(true);
  let peak = 0;
  while (await fetching.isVisible()) {
    peak = Math.max(peak, await javascriptMegabytes(page));
    await page.waitForTimeout(LOOK_MS);
  }
  const [seconds, cpu] = [(performance.now() - began) / 1000, (await cpuSeconds()) - cpuBefore];
  const rate = (parameters / cpu / 1e6).toFixed(1);
  console.log(
    `converted in ${seconds.toFixed(0)} s, ${cpu.toFixed(0)} s of CPU time: ${rate} M parameters a second of it`,
  );
  console.log(`${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most while it came`);
  expect(peak - before).toBeLessThan(200);
  await page.locator('.panel .facts dd', { hasText: SHAPE }).waitFor({ timeout: 600_000 });
  console.log(`${((performance.now() - began) / 1000).toFixed(0)} s until it could write`);

  const write = async () => {
    const text = await visit.text();
    await visit.generate.click();
    await expect.poll(() => visit.text(), { timeout: 300_000 }).not.toBe(text);
    await visit.reaches('finished');
    return visit.text();
  };
  const text = await write();
  expect(text.length).toBeGreaterThan(0);
  console.log(`${((performance.now() - began) / 1000).toFixed(0)} s until it had written`);
  await hub.stop();
  await page.reload();
  await page.locator('.panel .facts dd', { hasText: SHAPE }).waitFor({ timeout: 600_000 });
  await visit.reaches('finished');
  expect((await visit.text()).length).toBeGreaterThan(0);
  await page.context().close();
}, 1_800_000);
