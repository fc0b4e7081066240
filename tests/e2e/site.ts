import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { type PreviewServer, preview } from 'vite';

/** What the tests run on: the built site on a port of its own, and a browser with software WebGPU. */
export interface Site {
  readonly url: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** `--enable-unsafe-webgpu` is what gives headless Chromium an adapter without a GPU; the rest keeps it quiet. */
const FLAGS = [
  '--enable-unsafe-webgpu',
  // Otherwise a page whose GPU process a test has ended twice gets no GPU any more.
  '--disable-gpu-process-crash-limit',
  '--disable-domain-blocking-for-3d-apis',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How Chromium is started where its speed is measured. */
export const PLAIN_LAUNCH = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: FLAGS,
};

/** How the tests start it: a visit compiles the runtime anew, and is over before optimised code would pay for itself. */
export const LAUNCH = { ...PLAIN_LAUNCH, args: [...FLAGS, '--js-flags=--liftoff-only'] };

/** Where the site was built to; another folder while `dist` is in use. */
export const FOLDER = process.env.SITE ?? 'dist';

export async function openSite(): Promise<Site> {
  const server = await openServer();
  const browser = await chromium.launch(LAUNCH);
  return {
    url: server.url,
    browser,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** The built site alone. */
export async function openServer(): Promise<Omit<Site, 'browser'>> {
  for (const path of [`${FOLDER}/index.html`, `${FOLDER}/models/stories/manifest.json`]) {
    if (!existsSync(path)) throw new Error(`${path} is missing. Export the model, then run "npm run build".`);
  }
  const server: PreviewServer = await preview({
    build: { outDir: FOLDER },
    preview: { port: 0, open: false },
    logLevel: 'error',
  });
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}
