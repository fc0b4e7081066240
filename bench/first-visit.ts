import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { PLAIN_LAUNCH } from '../tests/e2e/site';
import { openSlowLine } from './slow-line';

/**
 * How long a first visit waits for the first token that the model writes, on a slow line:
 *
 *     npm run build && node scripts/run.mjs bench/first-visit.ts
 *
 * The browser's profile is fresh. The line carries everything, the service worker's requests included, and the figure
 * to hold against is what the bytes up to that token take on it.
 */
const BITS_PER_SECOND = 10e6;
const DELAY_MS = 40;
const PATIENCE_MS = 120_000;

const server = await preview({ preview: { host: '127.0.0.1', port: 0, open: false }, logLevel: 'error' });
const line = await openSlowLine(Number(new URL(server.resolvedUrls!.local[0]!).port), BITS_PER_SECOND, DELAY_MS);
const browser = await chromium.launch(PLAIN_LAUNCH);
try {
  const page = await browser.newPage();
  await page.addInitScript(watchWorkers);
  const began = performance.now();
  const firstToken = page.waitForEvent('console', {
    predicate: (message) => message.text() === 'first token',
    timeout: PATIENCE_MS,
  });
  await page.goto(`http://127.0.0.1:${line.port}/`);
  await firstToken;
  const seconds = (performance.now() - began) / 1000;
  const bytes = line.bytes();
  const needed = (bytes * 8) / BITS_PER_SECOND;
  console.log(`first live token after ${seconds.toFixed(1)} s`);
  console.log(`${(bytes / 1e6).toFixed(2)} MB until then, which take ${needed.toFixed(1)} s at 10 Mbit/s`);
  console.log(`waited beside: ${(seconds - needed).toFixed(1)} s`);
} finally {
  await browser.close();
  line.close();
  await server.close();
}
process.exit();

/** In the page: tells of the first step that a worker of it reports. */
function watchWorkers(): void {
  const Native = Worker;
  globalThis.Worker = class extends Native {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      this.addEventListener('message', ({ data }) => data.type === 'step' && console.log('first token'), {});
    }
  };
}
