/**
 * Makes docs/page.webp, the README's moving picture, docs/page.png, the same page at rest, and public/preview.png, which
 * stands beside links to the page, from the built site:
 *
 *     npm run build && node scripts/record-page.mjs
 *
 * It needs Chromium (/usr/bin/chromium, or the path in CHROMIUM) and nothing else: Chromium encodes each picture as
 * WebP, and animated-webp.mjs puts them into one file. The text is always the same, its pace is this machine's.
 */
import { writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { animatedWebp } from './animated-webp.mjs';

const SIZE = { width: 1000, height: 640 };
/** The reading column, the only part that moves. WebP places pictures at even pixels. */
const MOVING = { x: 344, y: 0, width: SIZE.width - 344, height: SIZE.height };
const WHOLE = { x: 0, y: 0, ...SIZE };
const FRAME_MS = 125;
const SECONDS = 14;
/** What the last picture stands before it begins again. */
const LAST_MS = 2500;
const QUALITY = 58;
const MOST_BYTES = 2e6;

const ADDRESS = '#write?title=The+Lost+Kite&policy=confidence&block=16&steps=8&length=80&t=0.6&seed=8';
const TEXT = {
  title: 'The Lost Kite',
  policy: 'confidence',
  blockSize: 16,
  steps: 8,
  maxTokens: 80,
  temperature: 0.6,
  seed: 8,
};
const SETTINGS = { ...TEXT, backend: 'wasm', seeds: 'keep', heat: 'plain', pace: 'steady' };
const PREVIEW_SIZE = { width: 1200, height: 630 };
/** The step that it shows: some blocks stand, and one is half uncovered. */
const PREVIEW_STEP = 34;

const server = await preview({ preview: { port: 0, open: false }, logLevel: 'error' });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  const frames = await record();
  const bytes = animatedWebp(frames, SIZE);
  if (bytes.length > MOST_BYTES) throw new Error(`${bytes.length} bytes are too many for a README. Lower QUALITY.`);
  await writeFile('docs/page.webp', bytes);
  console.log(`docs/page.webp: ${frames.length} pictures, ${(bytes.length / 1e6).toFixed(2)} MB`);
  await drawPreview();
} finally {
  await browser.close();
  await server.close();
}

/** The page with the whole text. */
async function openPage(viewport) {
  const context = await browser.newContext({ viewport, colorScheme: 'light' });
  const page = await context.newPage();
  await page.addInitScript((saved) => localStorage.setItem('unmask.settings', saved), JSON.stringify(SETTINGS));
  await page.goto(server.resolvedUrls.local[0] + ADDRESS);
  await page.waitForSelector('.ending', { timeout: 90_000 });
  return page;
}

async function drawPreview() {
  const page = await openPage(PREVIEW_SIZE);
  await page.getByRole('slider', { name: 'Step', exact: true }).fill(String(PREVIEW_STEP));
  // The bar would cut the links at the end of the page.
  await page.evaluate("scrollTo(0, 0); document.activeElement.blur(); document.querySelector('.page-links').remove()");
  // Until the newest words are clear.
  await page.waitForTimeout(600);
  await page.screenshot({ path: 'public/preview.png' });
}

async function record() {
  const page = await openPage(SIZE);
  const context = page.context();
  const chrome = await context.newCDPSession(page);
  const picture = async ({ x, y, width, height }) => {
    // The clip is of the document, and the page follows the text.
    const clip = { x, y: y + (await page.evaluate('scrollY')), width, height, scale: 1 };
    const { data } = await chrome.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY, clip });
    return { data: Buffer.from(data, 'base64'), x, y, ms: 0 };
  };
  await page.screenshot({ path: 'docs/page.png' });
  await page.getByRole('button', { name: 'Generate' }).click();
  const frames = [await picture(WHOLE)];
  const end = Date.now() + SECONDS * 1000;
  let shown = Date.now();
  while (Date.now() < end) {
    await page.waitForTimeout(Math.max(0, shown + FRAME_MS - Date.now()));
    // A picture may take longer than its share; each stands until the next one was taken.
    frames.at(-1).ms += Date.now() - shown;
    shown = Date.now();
    const next = await picture(MOVING);
    if (!frames.at(-1).data.equals(next.data)) frames.push(next);
    if (await page.$('.ending')) break;
  }
  // Once the last colours have settled.
  await page.waitForTimeout(2000);
  frames.at(-1).ms += FRAME_MS;
  return [...frames, { ...(await picture(WHOLE)), ms: LAST_MS }];
}
