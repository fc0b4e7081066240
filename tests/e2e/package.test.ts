import { execFile } from 'node:child_process';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { preview } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TemporaryFolders } from '../temporary-folders';
import { ModelHost, otherModel } from './model-host';
import { LAUNCH } from './site';

const TEMPLATE = "{{ bos_token }}{% for m in messages %}{{ m['content'] }}\n\n{% endfor %}";
const run = promisify(execFile);
const folders = new TemporaryFolders();
let tarball: string;
let nodeProject: string;
let webProjects: string;
let browser: Browser;

beforeAll(async () => {
  const to = await folders.make();
  await run('npm', ['pack', '--pack-destination', to]);
  tarball = join(to, (await readdir(to))[0]!);
  const projects = [project(['node']), project(['page', 'chat'], OWN_WORKER)] as const;
  [nodeProject, webProjects, browser] = await Promise.all([...projects, chromium.launch(LAUNCH)]);
});
afterAll(async () => {
  await browser.close();
  await folders.remove();
});

/**
 * A folder with these examples, into which the tarball was installed as anybody would; and with `own`, which is the
 * page with other files.
 */
async function project(examples: readonly string[], own: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await folders.make();
  for (const example of examples) await cp(`examples/${example}`, join(folder, example), { recursive: true });
  await cp('examples/page', join(folder, 'own'), { recursive: true });
  for (const [file, text] of Object.entries(own)) await writeFile(join(folder, 'own', file), text);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, workspaces: examples }));
  const workspaces = examples.flatMap((example) => ['--workspace', example]);
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...quiet, ...workspaces, tarball], { cwd: folder });
  return folder;
}

/** A page under a strict policy that starts the worker itself; it says what it wrote, and how an error comes. */
const OWN_WORKER = {
  'index.html': `<!doctype html>
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval';
      worker-src 'self'; connect-src 'self'" />
    <p></p><output></output><script type="module" src="./main.js"></script>`,
  'main.js': `
    import { openModel, UnmaskError } from 'unmask';
    const worker = () => new Worker(new URL('unmask/worker', import.meta.url), { type: 'module', name: 'own' });
    const model = await openModel(undefined, { worker, backend: 'wasm' });
    for await (const event of model.generate('Once upon a time', { maxTokens: 11, seed: 1 })) {
      if (event.type === 'block') document.querySelector('p').textContent += event.text;
    }
    await openModel('./nowhere/').catch((error) => {
      document.querySelector('output').textContent = [error instanceof UnmaskError, error.code].join();
    });
  `,
};

/** Builds an example and opens it. */
async function visit(folder: string, query: string, look: (page: Page) => Promise<void>): Promise<void> {
  // Without a report of sizes, which would compress 60 MB.
  await run('npm', ['run', 'build', '--', '--logLevel', 'warn'], { cwd: folder });
  const server = await preview({ root: folder, configFile: false, preview: { port: 0 }, logLevel: 'error' });
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  try {
    const errors: Error[] = [];
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(server.resolvedUrls!.local[0] + query);
    await look(page);
    expect(errors).toEqual([]);
  } finally {
    await page.close();
    await server.close();
  }
}

test('publint finds nothing wrong with the package', async () => {
  const { stdout } = await run('npx', ['publint', '--strict', tarball]);
  expect(stdout).toContain('All good!');
});

test('a fresh Node project writes a story, and so does npx unmask', async () => {
  const cwd = join(nodeProject, 'node');
  const { stdout } = await run('node', ['story.js', 'Once upon a time'], { cwd });
  expect(stdout).toMatch(/^Once upon a time.{40,}[.!?]["”]?\s/s);
  expect(stdout).toMatch(/block size 1: perplexity \d+\.\d\n/);
  const args = ['--no-install', 'unmask', 'Once upon a time', '--seed', '1', '--max-tokens', '16', '--json'];
  const told = JSON.parse((await run('npx', args, { cwd })).stdout);
  expect(told.text).toBe(`Once upon a time${told.answer}`);
  expect(told.answer_ids).toHaveLength(16);
  // The example writes under the same seed.
  expect(stdout.startsWith(told.text)).toBe(true);
});

test('fresh Vite projects, built: a page writes a story, and a chat in React answers', async () => {
  await visit(join(webProjects, 'page'), '', async (page) => {
    await page.getByLabel('Begin with').fill('The little fox');
    await page.locator('button:enabled').click();
    await page.getByText(/^The little fox./s).waitFor();
    await page.locator('button:enabled').waitFor();
    const story = await page.locator('p').textContent();
    // What a person gets to read has no masks left.
    expect(story).toMatch(/^The little fox[^░]+$/s);
  });
  const host = new ModelHost(await otherModel(folders, TEMPLATE));
  await host.start();
  try {
    await visit(join(webProjects, 'chat'), `?model=${host.url}`, async (page) => {
      await page.getByRole('heading', { name: 'Other stories' }).waitFor();
      await page.getByLabel('Your message').fill('Tell me of the sea.');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('You: Tell me of the sea.').waitFor();
      await page.getByText(/^Model: \S/s).waitFor();
    });
  } finally {
    await host.stop();
  }
});

test('a page under a strict policy starts the worker itself, writes what Node writes, and gets errors with codes', async () => {
  const folder = join(webProjects, 'own');
  await visit(folder, '', async (page) => {
    // The server answers with a page what it does not have.
    await page.getByText('true,network').waitFor();
    expect(page.workers().map((worker) => worker.url())).toEqual([expect.stringMatching(/worker-[\w-]+\.js$/)]);
    const args = ['--no-install', 'unmask', 'Once upon a time', '--seed', '1', '--max-tokens', '11', '--json'];
    const { answer } = JSON.parse((await run('npx', args, { cwd: join(nodeProject, 'node') })).stdout);
    expect(await page.locator('p').textContent()).toBe(answer);
  });
});

test('the types are those of the package, for either module resolution', async () => {
  const program = `
    import { type BlockEvent, type Model, openModel } from 'unmask';
    import { openModel as openInNode, UnmaskError } from 'unmask/node';
    const model: Model = await openModel('https://example.org/model/', { backend: 'wasm' });
    for await (const event of model.generate([{ role: 'user', content: 'Hello' }], { maxTokens: 3 })) {
      if (event.type === 'block') { const block: BlockEvent = event; block.text.trim(); }
    }
    const { sizes } = await (await openInNode()).score('text');
    export const nats: number | undefined = sizes[0]?.natsPerToken;
    export const code: UnmaskError['code'] = 'bad-input';
    // @ts-expect-error: types are not any
    model.generate(7);
  `;
  const file = join(nodeProject, 'node', 'program.mts');
  await writeFile(file, program);
  for (const resolution of ['bundler', 'nodenext']) {
    const module = resolution === 'bundler' ? 'esnext' : 'nodenext';
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable'];
    const args = [
      'tsc',
      '--ignoreConfig',
      ...options,
      '--types',
      '',
      '--module',
      module,
      '--moduleResolution',
      resolution,
      file,
    ];
    const { stdout } = await run('npx', args).catch((error) => error);
    expect([resolution, stdout]).toEqual([resolution, '']);
  }
});
