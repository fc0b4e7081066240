/** `node scripts/icons.mjs`: draws the PNG icons of the installed page from public/icon.svg, in Chromium. */
import { mkdirSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { findChromium } from './install.mjs';

const SIGN = `data:image/svg+xml;base64,${readFileSync('public/icon.svg').toString('base64')}`;
const PAPER = '#faf7f1';

/**
 * The sign's share of the icon's width, and the rounding of the paper's corners. A maskable icon is cut to
 * any shape, of which only the inner 80 % is sure to stay.
 */
const KINDS = { icon: { share: 0.7, radius: '20%' }, maskable: { share: 0.54, radius: '0' } };

mkdirSync('public/icons', { recursive: true });
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
const page = await browser.newPage({ colorScheme: 'light' });
for (const [kind, { share, radius }] of Object.entries(KINDS)) {
  for (const size of [192, 512]) {
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(
      `<style>
        html, body { margin: 0; background: none }
        div { display: grid; place-items: center; height: 100vh; background: ${PAPER}; border-radius: ${radius} }
      </style>
      <div><img src="${SIGN}" width="${Math.round(size * share)}"></div>`,
    );
    await page.locator('img').evaluate((image) => image.decode());
    await page.screenshot({ path: `public/icons/${kind}-${size}.png`, omitBackground: true });
  }
}
await browser.close();
