import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openSite } from '../e2e/site';
import { StoryPage } from '../e2e/story-page';
import { HubServer, type RepositoryFiles } from '../hub-server';
import { writeTokenizer } from './random-tokenizer';

/** As published: 751 million parameters in bf16, with a head of its own. */
const SHAPE = 'Qwen3-0.6B-a2d';
const MODEL = `someone/${SHAPE}`;
const { CHECKPOINT } = process.env;

/** What JavaScript and WebAssembly of the page and its workers hold, in MB. */
function javascriptMegabytes(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const { measureUserAgentSpecificMemory: measure } = performance as unknown as {
      measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
    };
    return (await measure.call(performance)).bytes / 1e6;
  });
}

// On demand, since it needs the built site and minutes:
// node scripts/run.mjs tests/long/write-checkpoint.ts Qwen3-0.6B-a2d <folder>, then npm run build, then
// CHECKPOINT=<folder> npx vitest run --config vitest.long.config.ts tests/long/hub-page
test.skipIf(!CHECKPOINT)(
  'a checkpoint of a published shape goes from its repository to a kept model in Chromium',
  async () => {
    const folder = CHECKPOINT!;
    const tokenizer = mkdtempSync(join(tmpdir(), 'unmask-'));
    await writeTokenizer(tokenizer);
    const files: RepositoryFiles = new Map([
      ...readdirSync(folder).map((path) => [path, readFileSync(join(folder, path))] as const),
      ['tokenizer.json', readFileSync(join(tokenizer, 'tokenizer.json'))],
    ]);
    const hub = new HubServer();
    hub.repositories.set(MODEL, files);
    await hub.start();
    const site = await openSite();
    try {
      const visit = await StoryPage.open(site, { maxTokens: 16 }, (page) =>
        page.context().route(site.url, async (route) => {
          const response = await route.fetch();
          const meta = `<meta name="unmask-hub" content="${hub.url}"><title>`;
          await route.fulfill({ response, body: (await response.text()).replace('<title>', meta) });
        }),
      );
      const { page } = visit;
      await visit.reaches('finished');
      // The model that comes with the page, and its runtime.
      const before = await javascriptMegabytes(page);
      await page.getByRole('button', { name: 'Open a model…' }).click();
      await page.getByLabel(/^URL of a model folder/).fill(MODEL);
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      const sheet = page.getByRole('dialog').filter({ hasText: 'Save as' });
      await sheet.getByRole('button', { name: 'Fetch and open' }).waitFor({ timeout: 120_000 });
      expect(await sheet.getByLabel(/^q4/).isChecked()).toBe(true);
      const began = performance.now();
      await sheet.getByRole('button', { name: 'Fetch and open' }).click();
      let peak = 0;
      const fetching = page.locator('.fetch progress');
      await fetching.waitFor({ timeout: 60_000 });
      while (await fetching.isVisible()) peak = Math.max(peak, await javascriptMegabytes(page));
      const seconds = (performance.now() - began) / 1000;
      console.log(
        `${seconds.toFixed(0)} s, ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most while it came`,
      );
      expect(peak - before).toBeLessThan(200);
      await page.locator('.facts dd', { hasText: SHAPE }).waitFor({ timeout: 300_000 });
      console.log(`${((performance.now() - began) / 1000).toFixed(0)} s until it could write`);
    } finally {
      await site.close();
      await hub.stop();
      rmSync(tokenizer, { recursive: true, force: true });
    }
  },
  1_800_000,
);
