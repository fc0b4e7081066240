import { basename, join } from 'node:path';
import { type Browser, chromium, type Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { writeCheckpoint } from '../export/random-checkpoint';
import { filesIn } from '../files-in';
import { HubServer } from '../hub-server';
import { TemporaryFolders } from '../temporary-folders';
import { visitorOf } from './hub-visitor';
import { type Lie, LyingServer } from './lying-server';
import { PlainHost } from './plain-host';
import { FOLDER, LAUNCH, openSite, type Site } from './site';
import { StoryPage } from './story-page';
import { violations } from './violations';

/** A random BD3-LM without a tokenizer, as the published ones are. */
const MODEL = 'someone/tiny-bd3lm';
const SHAPE = { vocab_size: 410, model_length: 64, block_size: 4, hidden_dim: 32, n_heads: 2, n_blocks: 2 };
const CARD = '---\nlicense: apache-2.0\n---\n# Tiny stories\n';
const WEIGHTS = 'model.safetensors';

const folders = new TemporaryFolders();
const hub = new HubServer();
let site: Site;
/** The sums of the files that an export writes. */
let exported: readonly { readonly path: string; readonly sha256: string }[];
let checkpoint: string;

beforeAll(async () => {
  checkpoint = await folders.make();
  await writeCheckpoint(checkpoint, SHAPE);
  hub.repositories.set(MODEL, new Map([...filesIn(checkpoint), ['README.md', Buffer.from(CARD)]]));
  hub.repositories.set(
    'openai-community/gpt2',
    new Map([...filesIn('tests/fixtures/byte-bpe'), ['config.json', Buffer.from('{}')]]),
  );
  hub.repositories.set('someone/of-another-kind', new Map([['config.json', Buffer.from('{"model_type": "mamba"}')]]));
  await hub.start();
  const to = join(await folders.make(), 'tiny-bd3lm');
  const { files } = await exportCheckpoint(checkpoint, to, 'q4', { tokenizerFolder: 'tests/fixtures/byte-bpe' });
  exported = files;
  site = await openSite();
});
beforeEach(() => hub.reset());
afterAll(async () => {
  await site?.close();
  await hub.stop();
  await folders.remove();
});

const visitor = () => visitorOf(site, hub);

async function open({ page }: StoryPage, address: string): Promise<Locator> {
  await page.getByRole('button', { name: 'Open a model…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Models' });
  await dialog.getByRole('listitem').first().waitFor();
  await dialog.getByLabel(/^URL of a model folder/).fill(address);
  await dialog.getByRole('button', { name: 'Open', exact: true }).click();
  return dialog;
}

/** In the panel: the sheet that offers a checkpoint has its name too. */
const nameShown = ({ page }: StoryPage, name: string) => page.locator('.panel .facts dd', { hasText: name }).waitFor();

/** Writes another text, which such a small model may have done before anyone sees it begin. */
async function write(visit: StoryPage): Promise<void> {
  const before = await visit.text();
  await visit.generate.click();
  await expect.poll(() => visit.text()).not.toBe(before);
  await visit.reaches('finished');
}

async function close(visit: StoryPage): Promise<void> {
  const expected = /^third party: http:\/\/127\.0\.0\.1|Failed to load resource/;
  const others = visit.complaints.filter((complaint) => !expected.test(complaint));
  visit.complaints.length = 0;
  await visit.close();
  expect(others).toEqual([]);
}

test('owner/name is offered, converted, kept as an export has it, and writes, also without the Hub', async () => {
  const visit = await visitor();
  const { page } = visit;
  await open(visit, MODEL);
  const sheet = page.getByRole('dialog', { name: 'Tiny stories' });
  await sheet.getByText('apache-2.0').waitFor();
  await sheet.getByText('so the one from openai-community/gpt2 is used').waitFor();
  expect(await sheet.getByText(MODEL).count()).toBe(1);
  expect(await violations(page)).toEqual([]);
  // Nothing large was fetched for that.
  expect(hub.requests.filter(({ path, range }) => path === WEIGHTS && range === null)).toEqual([]);
  await sheet.getByLabel('q4, half the size').check();
  await sheet.getByRole('button', { name: 'Fetch and open' }).click();
  await nameShown(visit, 'Tiny stories');
  await write(visit);
  expect(await keptSums(visit)).toEqual(Object.fromEntries(exported.map(({ path, sha256 }) => [path, sha256])));

  await hub.stop();
  await page.reload();
  await visit.reaches('finished');
  await nameShown(visit, 'Tiny stories');
  await hub.start();
  hub.reset();
  // It is here already.
  await open(visit, MODEL);
  await sheet.getByText('all of it is here').waitFor();
  expect(await sheet.getByLabel('q4, half the size').isChecked()).toBe(true);
  await sheet.getByRole('button', { name: 'Open', exact: true }).click();
  await sheet.waitFor({ state: 'detached' });
  await nameShown(visit, 'Tiny stories');
  await close(visit);
});

test('a conversion that a reload ends is in the list, and can be removed', async () => {
  const visit = await visitor();
  const { page } = visit;
  hub.habits.set(`${MODEL}/${WEIGHTS}`, { type: 'stalls', at: 60_000 });
  await open(visit, MODEL);
  const sheet = page.getByRole('dialog', { name: 'Tiny stories' });
  await sheet.getByRole('button', { name: 'Fetch and open' }).click();
  await page.getByText(/^Fetching Tiny stories: 0\.[01] of 0\.\d MB$/).waitFor();
  // The model in use writes on meanwhile.
  await write(visit);
  expect(await page.locator('.fetch').isVisible()).toBe(true);
  await page.reload();
  await visit.reaches('finished');
  await page.getByRole('button', { name: 'Open a model…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Models' });
  const card = dialog.getByRole('listitem').filter({ hasText: 'Unfinished' });
  await card.getByText(`${MODEL} was being converted to q8`).waitFor();
  await card.getByRole('button', { name: 'Remove' }).click();
  await card.getByRole('button', { name: 'Remove', exact: true }).click();
  await card.waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  hub.reset();
  await open(visit, MODEL);
  await sheet.getByRole('button', { name: 'Fetch and open' }).click();
  await nameShown(visit, 'Tiny stories');
  await close(visit);
});

test('a conversion that is called off goes on where it ended', async () => {
  const visit = await visitor();
  const { page } = visit;
  hub.habits.set(`${MODEL}/${WEIGHTS}`, { type: 'stalls', at: 150_000 });
  await open(visit, MODEL);
  const sheet = page.getByRole('dialog', { name: 'Tiny stories' });
  await sheet.getByRole('button', { name: 'Fetch and open' }).click();
  await page.getByText(/^Fetching Tiny stories: 0\.1 of 0\.2 MB$/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('.fetch').waitFor({ state: 'detached' });
  hub.reset();
  // Nobody has to know its address any more.
  await page.getByRole('button', { name: 'Open a model…' }).click();
  await page.getByRole('button', { name: 'Continue with Tiny stories' }).press('Enter');
  const left = (await sheet.getByText(/left to fetch/).textContent()) ?? '';
  const [, rest, all] = /^([\d.]+) [KM]B of ([\d.]+) [KM]B left to fetch/.exec(left) ?? [];
  expect(Number(rest)).toBeLessThan(Number(all));
  await sheet.getByRole('button', { name: 'Continue and open' }).press('Enter');
  await sheet.waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Open a model…');
  await nameShown(visit, 'Tiny stories');
  const { range } = hub.requests.findLast(({ path }) => path === WEIGHTS)!;
  expect(Number(/^bytes=(\d+)-/.exec(range!)![1])).toBeGreaterThan(50_000);
  await write(visit);
  await close(visit);
});

test('a tab says that another one is converting a model, and has it when that is done', async () => {
  const visit = await visitor();
  const other = await visit.page.context().newPage();
  other.setDefaultTimeout(30_000);
  await other.goto(site.url);
  await other.waitForSelector('article.story[data-phase="finished"]', { timeout: 60_000 });
  hub.habits.set(`${MODEL}/${WEIGHTS}`, { type: 'stalls', at: 150_000 });
  await open(visit, MODEL);
  await visit.page.getByRole('button', { name: 'Fetch and open' }).click();
  await visit.page.getByText(/^Fetching Tiny stories: 0\.1 of 0\.2 MB$/).waitFor();
  await other.getByRole('button', { name: 'Open a model…' }).click();
  const card = other.getByRole('listitem').filter({ hasText: 'Another tab is converting' });
  await card.getByText(`Another tab is converting ${MODEL} to q8.`).waitFor();
  expect(await card.getByRole('button', { name: /^Remove/ }).count()).toBe(0);
  await card.getByRole('button', { name: 'Continue with Tiny stories' }).click();
  await other.getByRole('button', { name: 'Fetch and open' }).click();
  await other.getByText('Another tab is fetching Tiny stories').first().waitFor();
  hub.reset();
  hub.breakAll();
  for (const page of [visit.page, other]) await page.locator('.facts dd', { hasText: 'Tiny stories' }).waitFor();
  await close(visit);
});

test('two tabs that open the same repository fetch it once, and both have it', async () => {
  const visit = await visitor();
  const other = await visit.page.context().newPage();
  other.setDefaultTimeout(30_000);
  await other.goto(site.url);
  await other.waitForSelector('article.story[data-phase="finished"]', { timeout: 60_000 });
  hub.habits.set(`${MODEL}/${WEIGHTS}`, { type: 'stalls', at: 60_000 });
  for (const page of [visit.page, other]) {
    await page.getByRole('button', { name: 'Open a model…' }).click();
    await page.getByLabel(/^URL of a model folder/).fill(MODEL);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByRole('dialog', { name: 'Tiny stories' }).getByRole('button', { name: 'Fetch and open' }).waitFor();
  }
  hub.reset();
  for (const page of [visit.page, other]) await page.getByRole('button', { name: 'Fetch and open' }).click();
  for (const page of [visit.page, other]) await page.locator('.facts dd', { hasText: 'Tiny stories' }).waitFor();
  // The second tab reads no weights.
  expect(hub.requests.filter(({ path, range }) => path === WEIGHTS && range?.endsWith('-')).length).toBeLessThan(2);
  expect(Object.keys(await keptSums(visit)).length).toBe(exported.length);
  await close(visit);
});

test('a folder of a checkpoint without a tokenizer is opened too', async () => {
  const visit = await visitor();
  await visit.page.getByRole('button', { name: 'Open a model…' }).click();
  await visit.page.getByRole('dialog', { name: 'Models' }).locator('input[type="file"]').setInputFiles(checkpoint);
  const sheet = visit.page.getByRole('dialog').filter({ hasText: 'Save as' });
  await sheet.getByRole('button', { name: 'Fetch and open' }).click();
  await nameShown(visit, basename(checkpoint));
  await write(visit);
  await close(visit);
});

test('the URL of a checkpoint is opened in a browser that keeps nothing, for as long as the page is open', async () => {
  const host = new PlainHost(FOLDER, '/');
  const server = new LyingServer(new Map([...filesIn(checkpoint), ...filesIn('tests/fixtures/byte-bpe')]));
  await Promise.all([host.start(), server.start()]);
  // Browsers trust this machine by its usual names alone.
  const rule = '--host-resolver-rules=MAP plain.test 127.0.0.1';
  const browser = await chromium.launch({ ...LAUNCH, args: [...LAUNCH.args, rule] });
  const url = host.url.replace('127.0.0.1', 'plain.test');
  const visit = await StoryPage.open({ browser, url, close: async () => {} }, { maxTokens: 16 });
  await visit.reaches('finished');
  await open(visit, server.url);
  const sheet = visit.page.getByRole('dialog', { name: 'tiny' });
  await sheet.getByText('This browser cannot save models for this page').waitFor();
  await sheet.getByRole('button', { name: 'Fetch and open' }).click();
  await nameShown(visit, 'tiny');
  await write(visit);
  await close(visit);
  await browser.close();
  await Promise.all([host.stop(), server.stop()]);
});

/** Puts the checkpoint into a repository of its own, so that it is another model. */
function addRepository(name: string): string {
  const repository = `someone/${name}`;
  hub.repositories.set(repository, new Map([...filesIn(checkpoint), ['README.md', Buffer.from(`# Model ${name}\n`)]]));
  return repository;
}

test('what is wrong with a repository is explained in the dialog, each in a sentence of its own', async () => {
  const repository = addRepository('faulty');
  const busy: Lie = { type: 'answers', status: 429, headers: { 'Retry-After': '1800' } };
  const visit = await visitor();
  const dialog = await open(visit, 'nobody/nothing');
  const says = (sentence: RegExp) => dialog.getByRole('alert').filter({ hasText: sentence }).waitFor();
  const openOther = async (address: string) => {
    await dialog.getByLabel(/^URL of a model folder/).fill(address);
    await dialog.getByRole('button', { name: 'Open', exact: true }).click();
  };
  await says(/has no model nobody\/nothing/);
  await openOther('someone/of-another-kind');
  await says(/model_type is "?mamba"?. Unmask runs bd3lm, a2d-qwen3/);
  const faults: readonly [path: string, lie: Lie, sentence: RegExp][] = [
    [
      `api/${repository}`,
      { type: 'answers', status: 401 },
      /shows no model someone\/faulty to everyone \(401\): the model is private, gated, or not there/,
    ],
    [`${repository}/config.json`, { type: 'answers', status: 403 }, /\(403\): the model is private, gated/],
    [`${repository}/${WEIGHTS}`, { type: 'answers', status: 404 }, /has no .*model\.safetensors\. Check the name/],
    [`api/${repository}`, busy, /too many requests .*\(429\).* left alone for 30 minutes/],
    [`api/${repository}`, { type: 'sends-page' }, /answered .* with a web page/],
    [`${repository}/config.json`, { type: 'flips', at: 5 }, /config\.json came damaged: its checksum/],
  ];
  for (const [path, lie, sentence] of faults) {
    hub.habits.set(path, lie);
    await openOther(repository);
    await says(sentence);
    hub.habits.clear();
  }
  // Published models are a click away.
  const published = 'kuleshov-group/bd3lm-owt-block_size8';
  hub.repositories.set(published, new Map([...filesIn(checkpoint), ['README.md', Buffer.from('# Published\n')]]));
  await dialog.getByRole('button', { name: published }).click();
  const sheet = visit.page.getByRole('dialog', { name: 'Published' });
  await sheet.getByText(published).waitFor();
  await sheet.getByText(/of weights, .* for a context of 64 tokens$/).waitFor();
  await sheet.getByText(/^No GPU here is faster than the CPU/).waitFor();
  await close(visit);
});

test('what goes wrong while a checkpoint comes is explained on the page, and the next try has it', async () => {
  const repository = addRepository('broken');
  const visit = await visitor();
  const { page } = visit;
  const alert = page.getByRole('alert');
  const faults: readonly [lie: Lie, sentence: RegExp][] = [
    [{ type: 'flips', at: 60_000 }, /model\.safetensors came damaged: its checksum/],
    [{ type: 'answers', status: 403 }, /does not give .*model\.safetensors to everyone \(403\)/],
    [{ type: 'sends-page' }, /answered .*model\.safetensors with a web page/],
  ];
  await open(visit, repository);
  await page.getByRole('button', { name: 'Fetch and open' }).waitFor();
  for (const [lie, sentence] of faults) {
    hub.habits.set(`${repository}/${WEIGHTS}`, lie);
    const again = page.getByRole('button', { name: 'Try again' });
    await ((await again.isVisible()) ? again : page.getByRole('button', { name: 'Fetch and open' })).click();
    await alert.filter({ hasText: sentence }).waitFor();
  }
  hub.reset();
  await alert.getByRole('button', { name: 'Try again' }).click();
  await nameShown(visit, 'Model broken');
  await write(visit);
  await close(visit);
});

test('a host that ignores ranges, sends others, compresses, lets addresses expire or is busy is put up with', async () => {
  const busy: Lie = { type: 'answers', status: 429, headers: { 'Retry-After': '1' } };
  const lies: readonly [name: string, lies: readonly Lie[]][] = [
    ['ignoring', Array(20).fill({ type: 'ignores-range' })],
    ['shifting', Array(20).fill({ type: 'shifts-range', by: 7 })],
    ['compressing', Array(20).fill({ type: 'compresses-ranges' })],
    ['expiring', [{ type: 'answers', status: 403 }]],
    ['busy', [busy]],
  ];
  const visit = await visitor();
  for (const [name, told] of lies) {
    const repository = addRepository(name);
    hub.lies.set(`${repository}/${WEIGHTS}`, [...told]);
    await open(visit, repository);
    await visit.page.getByRole('button', { name: 'Fetch and open' }).click();
    await nameShown(visit, `Model ${name}`);
  }
  await write(visit);
  await close(visit);
});

test('a storage that is too small, or runs full on the way, is told of, and nothing is lost', async () => {
  const repository = addRepository('large');
  // The quota of a context of `newContext` cannot be changed.
  const context = await chromium.launchPersistentContext(await folders.make(), LAUNCH);
  const browser = { newContext: async () => context } as unknown as Browser;
  const visit = await visitorOf({ ...site, browser }, hub);
  const { page } = visit;
  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(site.url);
  const limit = (quota: object = {}) => devtools.send('Storage.overrideQuotaForOrigin', { origin, ...quota });
  const alert = page.getByRole('alert').filter({ hasText: /^Model large could not be opened/ });
  const isFull = async () => {
    // Chromium's estimate says 10 GiB to any page, so this is found out on the way.
    await alert.getByText(/^Model large needs 0\.\d MB more of the browser.s storage, which has less left/).waitFor();
    await alert.getByText(/Remove a kept model, or take a smaller one/).waitFor();
  };
  const again = alert.getByRole('button', { name: 'Try again' });

  await limit({ quotaSize: 40_000 });
  await open(visit, repository);
  await page.getByRole('button', { name: 'Fetch and open' }).click();
  await isFull();

  await limit();
  hub.habits.set(`${repository}/${WEIGHTS}`, { type: 'stalls', at: 150_000 });
  await again.click();
  await page.getByText(/^Fetching Model large: 0\.1 of 0\.2 MB$/).waitFor();
  await limit({ quotaSize: 1 });
  hub.reset();
  hub.breakAll();
  await isFull();

  await limit();
  hub.reset();
  await again.click();
  await nameShown(visit, 'Model large');
  await write(visit);
  await close(visit);
});

/** The SHA-256 of every file of the one kept model. */
function keptSums({ page }: StoryPage): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const models = await root.getDirectoryHandle('unmask-models');
    const sums: Record<string, string> = {};
    for await (const id of models.keys()) {
      const files = await (await models.getDirectoryHandle(id)).getDirectoryHandle('files');
      for await (const name of files.keys()) {
        const bytes = await (await (await files.getFileHandle(name)).getFile()).arrayBuffer();
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        sums[name] = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
      }
    }
    return sums;
  });
}
