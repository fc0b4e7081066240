import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { vi } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import type { CallName, Outcome, StoreCalls } from './store-page/calls';
import type { StoreHandle } from './store-page/page';

/** Builds a page that has the model store in its worker and nothing else. */
export async function buildStorePage(to: string): Promise<void> {
  await build({
    configFile: false,
    root: 'tests/e2e/store-page',
    base: './',
    logLevel: 'warn',
    worker: { format: 'es' },
    build: { target: 'es2022', outDir: to, emptyOutDir: true },
  });
}

/** The files of a small model whose weights lie in several, and its manifest. */
export async function tinyFiles(folder: string): Promise<Map<string, Buffer>> {
  await exportCheckpoint('tests/fixtures/bd3lm-tiny', folder, 'f32', { fileBytes: 200_000 });
  return new Map(readdirSync(folder).map((path) => [path, readFileSync(join(folder, path))]));
}

/** A call that is under way. */
export interface Running<Value> {
  readonly outcome: Promise<Outcome<Value>>;
  progress(): Promise<readonly (readonly [loaded: number, total: number])[]>;
  /** Waits until so many bytes have come. */
  reaches(loadedBytes: number): Promise<void>;
  cancel(): Promise<void>;
}

type Window = { store: StoreHandle };

/** The page of `buildStorePage` in a tab. */
export class StorePage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(context: BrowserContext, url: string): Promise<StorePage> {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction(() => 'store' in window);
    return new StorePage(page);
  }

  /** Imports files of this machine, as if a person had chosen them. */
  async importFiles(folderName: string, paths: readonly string[]): Promise<Outcome<string>> {
    await this.page.setInputFiles('input', [...paths]);
    return this.page.evaluate((folderName) => {
      const { store } = window as unknown as Window;
      const { files } = document.querySelector('input')!;
      return store.outcome(store.begin('import', [folderName, [...files!]])) as Promise<Outcome<string>>;
    }, folderName);
  }

  async begin<Name extends CallName>(
    name: Name,
    ...args: Parameters<StoreCalls[Name]>
  ): Promise<Running<ReturnType<StoreCalls[Name]>>> {
    const { page } = this;
    const callId = await page.evaluate(([name, args]) => (window as unknown as Window).store.begin(name, args), [
      name,
      args,
    ] as const);
    const progress = () => page.evaluate((id) => (window as unknown as Window).store.progress(id), callId);
    const outcome = page.evaluate((id) => (window as unknown as Window).store.outcome(id), callId);
    // A reload ends the call without an outcome; whoever waits for one is told.
    outcome.catch(() => {});
    return {
      outcome: outcome as Promise<Outcome<ReturnType<StoreCalls[Name]>>>,
      progress,
      async reaches(loadedBytes) {
        await vi.waitUntil(async () => ((await progress()).at(-1)?.[0] ?? -1) >= loadedBytes, { timeout: 30_000 });
      },
      cancel: () => page.evaluate((id) => (window as unknown as Window).store.cancel(id), callId),
    };
  }

  /** The outcome of a call that is waited for. */
  async call<Name extends CallName>(
    name: Name,
    ...args: Parameters<StoreCalls[Name]>
  ): Promise<Outcome<ReturnType<StoreCalls[Name]>>> {
    return (await this.begin(name, ...args)).outcome;
  }

  /** What a call that must not fail returns. */
  async value<Name extends CallName>(
    name: Name,
    ...args: Parameters<StoreCalls[Name]>
  ): Promise<ReturnType<StoreCalls[Name]>> {
    const outcome = await this.call(name, ...args);
    if (outcome.type === 'failed') throw new Error(`${name}: ${outcome.code}: ${outcome.message}`);
    return outcome.value;
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.waitForFunction(() => 'store' in window);
  }

  /** Until the next reload the browser is one that cannot move files. */
  withoutMove(): Promise<void> {
    return this.page.evaluate(() => (window as unknown as Window).store.withoutMove());
  }

  /** Until the next reload a connection counts as lost after so long without a byte. */
  stallAfter(ms: number): Promise<void> {
    return this.page.evaluate((ms) => (window as unknown as Window).store.stallAfter(ms), ms);
  }

  /** Every file in the browser's storage, with its bytes. */
  files(): Promise<Record<string, number>> {
    return this.page.evaluate(async () => {
      const sizes: Record<string, number> = {};
      const walk = async (directory: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
        for await (const [name, handle] of directory.entries()) {
          if (handle.kind === 'file') sizes[prefix + name] = (await (handle as FileSystemFileHandle).getFile()).size;
          else await walk(handle as FileSystemDirectoryHandle, `${prefix}${name}/`);
        }
      };
      await walk(await navigator.storage.getDirectory(), '');
      return sizes;
    });
  }

  /** Changes one byte of a file in the browser's storage, or cuts it off there. */
  async damage(path: string, how: { readonly flip: number } | { readonly cut: number }): Promise<void> {
    await this.page.evaluate(
      async ([path, how]) => {
        const names = path.split('/');
        let directory = await navigator.storage.getDirectory();
        for (const name of names.slice(0, -1)) directory = await directory.getDirectoryHandle(name);
        const handle = await directory.getFileHandle(names.at(-1)!);
        const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
        const file = await handle.createWritable({ keepExistingData: true });
        if ('cut' in how) await file.truncate(how.cut);
        else await file.write({ type: 'write', position: how.flip, data: new Uint8Array([bytes[how.flip]! ^ 1]) });
        await file.close();
      },
      [path, how] as const,
    );
  }

  /** Empties the browser's storage, once those have let go of it who were closed. */
  async empty(): Promise<void> {
    const remove = () =>
      this.page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
      });
    await vi.waitFor(remove, { timeout: 30_000 });
  }
}
