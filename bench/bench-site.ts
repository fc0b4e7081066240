import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { UnmaskError } from '../src/errors';

/** `--enable-unsafe-webgpu` is what gives headless Chromium an adapter without a GPU; the rest keeps it quiet. */
const FLAGS = [
  '--enable-unsafe-webgpu',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The site as it is in this checkout, built into a folder of its own, and a browser to open it in. */
export class BenchSite {
  readonly #folder: string;
  #server: PreviewServer | undefined;
  #browser: Browser | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Builds the site; `commit` names what is built. */
  static async build(commit: string): Promise<BenchSite> {
    const folder = await mkdtemp(join(tmpdir(), 'unmask-bench-'));
    const site = new BenchSite(folder);
    try {
      process.env.VITE_COMMIT = commit;
      await build({ build: { outDir: folder, emptyOutDir: true }, logLevel: 'error' });
      return site;
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  /** Where a model folder of this name is served from. */
  modelFolder(name: string): string {
    return join(this.#folder, 'models', name);
  }

  /** Serves the site and starts the browser. Throws `bad-input` where there is none. */
  async open(): Promise<{ readonly url: string; readonly browser: Browser }> {
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
    if (!existsSync(executablePath)) {
      throw new UnmaskError('bad-input', `${executablePath} is not there. Name a Chromium with CHROMIUM.`);
    }
    this.#server = await preview({
      build: { outDir: this.#folder },
      preview: { port: 0, open: false },
      logLevel: 'error',
    });
    this.#browser = await chromium.launch({ executablePath, headless: true, args: FLAGS, handleSIGINT: false });
    return { url: this.#server.resolvedUrls!.local[0]!, browser: this.#browser };
  }

  /** Ends the browser and removes the folder. Safe to call twice. */
  async close(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
