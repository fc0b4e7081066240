import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, type CDPSession, chromium } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest';
import type { Manifest } from '../../src/model/format/manifest';
import { modelDigest } from '../../src/model/format/model-digest';
import { TemporaryFolders } from '../temporary-folders';
import { type Lie, LyingServer } from './lying-server';
import { PlainHost } from './plain-host';
import { LAUNCH } from './site';
import { buildStorePage, StorePage, tinyFiles } from './store-page';

const folders = new TemporaryFolders();
let host: PlainHost;
let server: LyingServer;
let context: BrowserContext;
let visit: StorePage;

/** The model as it should be, and where it lies on this machine. */
let folder: string;
let files: Map<string, Buffer>;
let id: string;
let totalBytes: number;
/** Files of weights, in order. */
let shards: string[];

/** Where the store puts a file, and the beginning of one. */
const fileAt = (path: string) => `unmask-models/${id}/files/${path}`;
const partAt = (path: string) => `unmask-models/${id}/parts/${path}`;
/** What was asked for besides the manifest and the config, which every fetch asks for first. */
const asked = () => server.requests.slice(2);
const done = () => ({ type: 'done', value: id });
const failed = (code: string, ...words: string[]) => ({
  type: 'failed',
  code,
  message: expect.stringMatching(new RegExp(words.map((text) => text.replace(/[.()/]/g, '\\$&')).join('.*'))),
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const manifest = (): Manifest => JSON.parse(files.get('manifest.json')!.toString());
const sizeOf = (path: string) => files.get(path)!.length;
const rangesOf = (path: string) => server.requests.filter((request) => request.path === path).map(({ range }) => range);

beforeAll(async () => {
  const place = await folders.make();
  folder = join(place, 'tiny');
  files = await tinyFiles(folder);
  id = sha256(files.get('manifest.json')!);
  totalBytes = manifest().files.reduce((sum, { bytes }) => sum + bytes, 0);
  shards = [...manifest().weights];
  await buildStorePage(join(place, 'page'));
  host = new PlainHost(join(place, 'page'), '/');
  await host.start();
  server = new LyingServer(files);
  await server.start();
  context = await chromium.launchPersistentContext(join(place, 'profile'), LAUNCH);
  visit = await StorePage.open(context, host.url);
});
afterAll(async () => {
  await context?.close();
  await host?.stop();
  await server?.stop();
  await folders.remove();
});
beforeEach(async () => {
  onTestFailed(() => visit.reload());
  await visit.stallAfter(20_000);
  await visit.empty();
  server.reset();
});

/** Every file that a runtime reads comes out of the store as it should be. */
async function readsRight(page = visit): Promise<void> {
  const listed = manifest().files;
  const read = await Promise.all(listed.map(({ path }) => page.value('read', id, path)));
  expect(read).toEqual(listed.map(({ sha256 }) => sha256));
}

/** Leaves the first shard with its first bytes, and everything else whole. */
async function keepPart(bytes: number): Promise<string> {
  const shard = shards[0]!;
  server.lies.set(shard, [{ type: 'stalls', at: bytes }]);
  const fetching = await visit.begin('fetch', server.url);
  await fetching.reaches(totalBytes - sizeOf(shard) + bytes);
  await fetching.cancel();
  expect(await fetching.outcome).toMatchObject({ type: 'failed', code: 'cancelled' });
  server.reset();
  return shard;
}

describe('a model', () => {
  test('is fetched whole, kept, and opened again without the server', async () => {
    const fetching = await visit.begin('fetch', server.url);
    expect(await fetching.outcome).toEqual(done());
    await readsRight();
    expect(
      asked()
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(
      manifest()
        .files.map(({ path }) => path)
        .toSorted(),
    );
    const progress = await fetching.progress();
    expect(progress[0]).toEqual([0, totalBytes]);
    expect(progress.at(-1)).toEqual([totalBytes, totalBytes]);
    const loaded = progress.map(([bytes]) => bytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(await visit.value('list')).toEqual([
      {
        id,
        name: 'bd3lm-tiny',
        licence: 'unknown',
        dtype: 'f32',
        parameters: manifest().parameters,
        digest: modelDigest(manifest()),
        blockSizes: [4],
        totalBytes,
        keptBytes: totalBytes,
        atWork: null,
        from: { type: 'url', url: server.url },
      },
    ]);
    await server.stop();
    try {
      await visit.reload();
      const opening = await visit.begin('open', id);
      expect(await opening.outcome).toEqual(done());
      expect((await opening.progress())[0]).toEqual([totalBytes, totalBytes]);
      await readsRight();
    } finally {
      await server.start();
    }
  });

  test('whose address has a query has it asked for each file with that', async () => {
    server.query = '?key=1&for=me';
    const fetching = await visit.begin('fetch', `${server.url}${server.query}`);
    expect(await fetching.outcome).toEqual(done());
    await readsRight();
    const [kept] = await visit.value('list');
    expect(kept!.from).toEqual({ type: 'url', url: `${server.url}${server.query}` });
  });

  test('has its shards fetched side by side, and no more than four files at once', async () => {
    for (const { path } of manifest().files) server.habits.set(path, { type: 'stalls', at: 0 });
    server.habits.delete('config.json');
    const fetching = await visit.begin('fetch', server.url);
    await expect.poll(() => asked().length).toBeGreaterThanOrEqual(5);
    await fetching.cancel();
    await fetching.outcome;
    // The config, and four that did not come.
    expect(asked()).toHaveLength(5);
  });

  test('is kept by a browser that cannot move files', async () => {
    await visit.withoutMove();
    expect(await visit.call('fetch', server.url)).toEqual(done());
    await readsRight();
    expect(Object.keys(await visit.files()).filter((path) => path.includes('/parts/'))).toEqual([]);
    await visit.reload();
  });

  test('is fetched by a private window too, which forgets it', async () => {
    const browser = await chromium.launch(LAUNCH);
    try {
      const page = await StorePage.open(await browser.newContext(), host.url);
      const shard = shards[0]!;
      server.lies.set(shard, [{ type: 'stalls', at: 5000 }]);
      const fetching = await page.begin('fetch', server.url);
      await fetching.reaches(totalBytes - sizeOf(shard) + 5000);
      server.breakAll();
      expect(await fetching.outcome).toEqual(done());
      expect(rangesOf(shard)).toEqual([null, 'bytes=5000-']);
      await readsRight(page);
    } finally {
      await browser.close();
    }
  });
});

describe('goes on where it ended', () => {
  test('after a cancel', async () => {
    const shard = await keepPart(50_000);
    expect((await visit.files())[partAt(shard)]).toBe(50_000);
    const [kept] = await visit.value('list');
    expect(kept).toMatchObject({ keptBytes: totalBytes - sizeOf(shard) + 50_000, blockSizes: [4] });
    const fetching = await visit.begin('fetch', server.url);
    expect(await fetching.outcome).toEqual(done());
    expect(asked()).toEqual([{ path: shard, range: 'bytes=50000-' }]);
    expect((await fetching.progress())[0]).toEqual([kept!.keptBytes, totalBytes]);
    await readsRight();
    expect(Object.keys(await visit.files()).filter((path) => path.includes('/parts/'))).toEqual([]);
  });

  test('after a reload in the middle, from the list', async () => {
    const shard = shards[1]!;
    server.lies.set(shard, [{ type: 'stalls', at: 70_000 }]);
    const fetching = await visit.begin('fetch', server.url);
    await fetching.reaches(totalBytes - sizeOf(shard) + 70_000);
    await visit.reload();
    server.reset();
    const [kept] = await visit.value('list');
    expect(kept!.keptBytes).toBe(totalBytes - sizeOf(shard) + 70_000);
    expect(await visit.call('open', kept!.id)).toEqual(done());
    expect(server.requests).toEqual([{ path: shard, range: 'bytes=70000-' }]);
    await readsRight();
  });

  test('by itself when the connection breaks, as often as something came', async () => {
    const shard = shards[0]!;
    const breaks = [10, 20, 30, 40, 50, 60].map((kilobytes) => ({ type: 'breaks', at: kilobytes * 1000 }) as const);
    server.lies.set(shard, [...breaks]);
    expect(await visit.call('fetch', server.url)).toEqual(done());
    // A browser may drop what it has not read of a connection that broke, and then asks once more from where it was.
    const [first, ...starts] = rangesOf(shard).map((range) => range && Number(/\d+/.exec(range)));
    expect(first).toBeNull();
    expect(starts).toEqual(starts.toSorted((a, b) => Number(a) - Number(b)));
    expect(starts).toHaveLength(breaks.length);
    for (const start of starts) expect([0, ...breaks.map(({ at }) => at)]).toContain(start);
    expect(new Set(starts).size).toBeGreaterThan(2);
    await readsRight();
  });

  test('by itself when nothing more comes', async () => {
    const shard = shards[0]!;
    server.lies.set(shard, [{ type: 'stalls', at: 90_000 }]);
    await visit.stallAfter(1000);
    expect(await visit.call('fetch', server.url)).toEqual(done());
    expect(rangesOf(shard)).toEqual([null, 'bytes=90000-']);
    await readsRight();
  });

  test('by itself when the server is away for a moment', async () => {
    const shard = shards[2]!;
    server.lies.set(shard, [{ type: 'stalls', at: 1000 }]);
    const fetching = await visit.begin('fetch', server.url);
    await fetching.reaches(totalBytes - sizeOf(shard) + 1000);
    await server.stop();
    await server.start();
    expect(await fetching.outcome).toEqual(done());
    await readsRight();
  });

  test('when a person tries again after the server was away for long', async () => {
    const shard = await keepPart(30_000);
    await server.stop();
    const kept = `${((totalBytes - sizeOf(shard) + 30_000) / 1e6).toFixed(1)} of 0.7 MB are kept, and the next try`;
    try {
      const opening = await visit.begin('open', id);
      expect(await opening.outcome).toEqual(failed('network', `${shard} could not be fetched`, kept));
    } finally {
      await server.start();
    }
    expect(await visit.call('open', id)).toEqual(done());
    expect(server.requests).toEqual([{ path: shard, range: 'bytes=30000-' }]);
  });

  test('where another origin may not see the range', async () => {
    const shard = await keepPart(50_000);
    server.habits.set(shard, { type: 'hides-range' });
    expect(await visit.call('fetch', server.url)).toEqual(done());
    expect(asked()).toEqual([{ path: shard, range: 'bytes=50000-' }]);
    await readsRight();
  });
});

describe('a file is begun anew', () => {
  test.each<[string, Lie]>([
    ['sends the whole file', { type: 'ignores-range' }],
    ['sends the rest from elsewhere', { type: 'shifts-range', by: 7 }],
    ['says that there is no rest', { type: 'answers', status: 416 }],
  ])('where the server %s', async (_, lie) => {
    const shard = await keepPart(50_000);
    server.lies.set(shard, [lie]);
    expect(await visit.call('fetch', server.url)).toEqual(done());
    expect(rangesOf(shard)).toEqual(lie.type === 'ignores-range' ? ['bytes=50000-'] : ['bytes=50000-', null]);
    await readsRight();
  });

  test('where the server compresses every part as if it were the file', async () => {
    const shard = await keepPart(50_000);
    server.habits.set(shard, { type: 'compresses-ranges' });
    expect(await visit.call('fetch', server.url)).toEqual(done());
    // Before what is kept is given up, the server is asked whether it is there.
    const rest = 'bytes=50000-';
    expect(rangesOf(shard)).toEqual([rest, rest, null, rest, null]);
    await readsRight();
  });

  test('where what was put together is another file, but only once', async () => {
    const shard = await keepPart(50_000);
    await visit.damage(partAt(shard), { flip: 123 });
    expect(await visit.call('fetch', server.url)).toEqual(done());
    expect(rangesOf(shard)).toEqual(['bytes=50000-', null]);
    await readsRight();
    await visit.value('remove', id);
    await keepPart(50_000);
    await visit.damage(partAt(shard), { flip: 123 });
    server.habits.set(shard, { type: 'flips', at: 60_000 });
    expect(await visit.call('fetch', server.url)).toEqual(
      failed('bad-model', `${shard} differs from what the manifest`),
    );
    expect(rangesOf(shard)).toEqual(['bytes=50000-', null]);
  });
});

describe('a server', () => {
  /** Each with what the person is told. */
  test.each<[string, Lie, ReturnType<typeof failed>]>([
    ['lacks a file', { type: 'answers', status: 404 }, failed('network', 'model-00001-of-00004.safetensors with 404.')],
    ['is broken', { type: 'answers', status: 503 }, failed('network', 'safetensors with 503.', 'of 0.7 MB are kept')],
    ['sends a web page', { type: 'sends-page' }, failed('network', 'safetensors with a web page.')],
    [
      'sends another file',
      { type: 'flips', at: 9 },
      failed('bad-model', 'safetensors differs from what the manifest says.'),
    ],
    [
      'sends too much',
      { type: 'goes-on', bytes: 1 },
      failed('bad-model', 'safetensors differs from what the manifest says.'),
    ],
    [
      'sends too little',
      { type: 'ends', at: 900 },
      failed('bad-model', 'safetensors differs from what the manifest says.'),
    ],
    [
      'breaks off each time',
      { type: 'breaks', at: 900 },
      failed('network', 'safetensors could not be fetched.', 'are kept'),
    ],
    ['stalls each time', { type: 'stalls', at: 0 }, failed('network', 'safetensors could not be fetched.', 'are kept')],
  ])('that %s is explained, what was good is kept, and the next try has the rest', async (_, lie, outcome) => {
    const shard = shards[0]!;
    server.habits.set(shard, lie);
    if (lie.type === 'stalls') await visit.stallAfter(400);
    expect(await visit.call('fetch', server.url)).toEqual(outcome);
    await visit.stallAfter(20_000);
    const kept = (await visit.files())[partAt(shard)];
    expect(kept ?? 0).toBe(lie.type === 'breaks' ? 900 : 0);
    expect((await visit.files())[fileAt(shard)]).toBeUndefined();
    server.reset();
    expect(await visit.call('fetch', server.url)).toEqual(done());
    expect(rangesOf(shard)).toEqual([kept ? `bytes=${kept}-` : null]);
    await readsRight();
  });

  test('that leads to a signed address which has expired is asked for another, once', async () => {
    const shard = shards[0]!;
    server.files.set('signed', files.get(shard)!);
    server.habits.set(shard, { type: 'answers', status: 302, headers: { Location: `${server.url}signed` } });
    server.lies.set('signed', [{ type: 'answers', status: 403 }]);
    expect(await visit.call('fetch', server.url)).toEqual(done());
    await readsRight();
    await visit.value('remove', id);
    server.habits.set('signed', { type: 'answers', status: 403 });
    expect(await visit.call('fetch', server.url)).toEqual(failed('network', 'with 403.'));
    server.files.delete('signed');
  });

  test('that is busy for a moment is asked again', async () => {
    server.lies.set(
      shards[0]!,
      [429, 500].map((status) => ({ type: 'answers', status })),
    );
    expect(await visit.call('fetch', server.url)).toEqual(done());
    expect(rangesOf(shards[0]!)).toEqual([null, null, null]);
  });

  test('whose connection ends like the file is asked for the rest', async () => {
    server.lies.set(shards[0]!, [{ type: 'ends', at: 4000 }]);
    expect(await visit.call('fetch', server.url)).toEqual(done());
    expect(rangesOf(shards[0]!)).toEqual([null, 'bytes=4000-']);
  });

  test.each<[string, Lie, ReturnType<typeof failed>]>([
    ['has no manifest', { type: 'answers', status: 404 }, failed('bad-model', 'is not an Unmask model folder')],
    ['has a page for it', { type: 'sends-page' }, failed('network', 'manifest.json with a web page')],
    ['stalls at it', { type: 'stalls', at: 5 }, failed('network', 'manifest.json could not be fetched')],
    ['cuts it short', { type: 'ends', at: 100 }, failed('bad-model', 'manifest.json is damaged: it is not JSON')],
  ])('that %s leaves nothing behind', async (_, lie, outcome) => {
    server.habits.set('manifest.json', lie);
    if (lie.type === 'stalls') await visit.stallAfter(400);
    expect(await visit.call('fetch', server.url)).toEqual(outcome);
    expect(await visit.files()).toEqual({});
  });

  test('that has another version by now gives another model, and cannot complete the old one', async () => {
    const shard = await keepPart(50_000);
    const newer = new LyingServer(files);
    const changed = Buffer.from(files.get(shard)!).fill(1, 60_000, 60_001);
    const entry = { path: shard, bytes: changed.length, sha256: sha256(changed) };
    const others = manifest().files.filter(({ path }) => path !== shard);
    newer.files.set(shard, changed);
    newer.files.set('manifest.json', Buffer.from(JSON.stringify({ ...manifest(), files: [entry, ...others] })));
    await server.stop();
    const { url } = server;
    try {
      await newer.start(Number(new URL(url).port));
      const outcome = await visit.call('fetch', url);
      expect(outcome).toMatchObject({ type: 'done' });
      expect(outcome).not.toEqual(done());
      expect(await visit.call('open', id)).toEqual(failed('bad-model', `${shard} differs from what the manifest says`));
      expect(await visit.value('list')).toHaveLength(2);
    } finally {
      await newer.stop();
      await server.start();
    }
  });
});

describe('storage', () => {
  let devtools: CDPSession;
  beforeAll(async () => {
    devtools = await context.newCDPSession(visit.page);
  });
  /** Gives the page so many bytes, or as many as there are. It lasts as long as the session. */
  const limit = async (quotaSize?: number) => {
    const origin = new URL(host.url).origin;
    await devtools.send('Storage.overrideQuotaForOrigin', quotaSize === undefined ? { origin } : { origin, quotaSize });
  };

  test('that is too small is told of before anything is written', async () => {
    await limit(400_000);
    try {
      const words = ['bd3lm-tiny needs 0.7 MB more', 'Remove a kept model, or take a smaller one'];
      expect(await visit.call('fetch', server.url)).toEqual(failed('storage-full', ...words));
      expect(await visit.files()).toEqual({});
      expect(asked()).toEqual([]);
    } finally {
      await limit();
    }
  });

  test('that runs full keeps what was good, and the next try goes on', async () => {
    const shard = shards[1]!;
    server.lies.set(shard, [{ type: 'stalls', at: 0 }]);
    const fetching = await visit.begin('fetch', server.url);
    await fetching.reaches(totalBytes - sizeOf(shard));
    await limit(1);
    try {
      server.breakAll();
      expect(await fetching.outcome).toEqual(
        failed('storage-full', 'bd3lm-tiny needs 0.2 MB more', 'which has less left'),
      );
    } finally {
      await limit();
    }
    const [kept] = await visit.value('list');
    expect(kept!.keptBytes).toBe(totalBytes - sizeOf(shard));
    expect(await visit.call('open', id)).toEqual(done());
    await readsRight();
  });

  test('that damages a file is found out when it is read, and that file alone is fetched again', async () => {
    await visit.value('fetch', server.url);
    server.reset();
    await visit.damage(fileAt(shards[3]!), { flip: 5 });
    await visit.damage(fileAt('config.json'), { flip: 5 });
    await visit.reload();
    expect(await visit.call('open', id)).toEqual(done());
    expect(server.requests).toEqual([{ path: 'config.json', range: null }]);
    await readsRight();
    expect(server.requests.slice(1)).toEqual([{ path: shards[3], range: null }]);
    await visit.damage(fileAt(shards[2]!), { cut: 5 });
    expect(await visit.call('open', id)).toEqual(done());
    expect(server.requests.slice(2)).toEqual([{ path: shards[2], range: null }]);
    await readsRight();
  });

  test('that loses where a model came from still has the model, and learns it again', async () => {
    await visit.value('fetch', server.url);
    await visit.damage(`unmask-models/${id}/from.json`, { cut: 20 });
    expect((await visit.value('list'))[0]!.from).toEqual({ type: 'folder', name: 'bd3lm-tiny' });
    expect(await visit.call('open', id)).toEqual(done());
    expect(await visit.call('fetch', server.url)).toEqual(done());
    expect((await visit.value('list'))[0]!.from).toEqual({ type: 'url', url: server.url });
  });

  test('lists no folder that is no model, and cleans it away', async () => {
    await visit.value('fetch', server.url);
    await visit.damage(`unmask-models/${id}/manifest.json`, { cut: 50 });
    expect(await visit.value('list')).toEqual([]);
    expect(await visit.files()).toEqual({});
    expect(await visit.call('open', id)).toEqual(failed('bad-model', 'no longer saved here'));
    expect(await visit.call('fetch', server.url)).toEqual(done());
  });

  test('gives back the space of a removed model', async () => {
    await visit.value('fetch', server.url);
    expect((await visit.value('space')).usedBytes).toBeGreaterThan(totalBytes);
    await visit.value('remove', id);
    expect(await visit.files()).toEqual({});
    expect(await visit.value('list')).toEqual([]);
    expect((await visit.value('space')).usedBytes).toBeLessThan(totalBytes);
    // It is open still, and says so when more of it is wanted.
    expect(await visit.call('read', id, shards[0]!)).toEqual(failed('bad-model', 'no longer saved here'));
    await visit.value('remove', id);
  });
});

describe('two tabs', () => {
  test('that want the same model fetch it once', async () => {
    const other = await StorePage.open(context, host.url);
    const shard = shards[0]!;
    server.lies.set(shard, [{ type: 'stalls', at: 50_000 }]);
    const first = await visit.begin('fetch', server.url);
    await first.reaches(totalBytes - sizeOf(shard) + 50_000);
    const second = await other.begin('fetch', server.url);
    await second.reaches(totalBytes - sizeOf(shard) + 50_000);
    // It says whose bytes these are, and the list says so too.
    expect((await second.progress()).at(-1)).toEqual([expect.any(Number), totalBytes, 'another tab']);
    expect(await other.value('list')).toMatchObject([{ atWork: 'another tab' }]);
    expect(await visit.value('list')).toMatchObject([{ atWork: null }]);
    server.breakAll();
    expect(await first.outcome).toEqual(done());
    expect(await second.outcome).toEqual(done());
    // Each asks for the heads: what the second has to wait for, it does not know before.
    const files = server.requests.map(({ path }) => path).filter((path) => !/manifest|config/.test(path));
    expect(files.filter((path) => path === shard)).toHaveLength(2);
    expect(new Set(files).size).toBe(files.length - 1);
    await readsRight(other);
    await other.page.close();
  });

  test('one goes on when the other is closed in the middle', async () => {
    const other = await StorePage.open(context, host.url);
    const shard = shards[0]!;
    server.lies.set(shard, [{ type: 'stalls', at: 50_000 }]);
    await (await other.begin('fetch', server.url)).reaches(totalBytes - sizeOf(shard) + 50_000);
    const waiting = await visit.begin('fetch', server.url);
    expect(await visit.call('remove', id)).toEqual(failed('bad-input', 'is being fetched or loaded'));
    await other.page.close();
    expect(await waiting.outcome).toEqual(done());
    expect(rangesOf(shard)).toEqual([null, 'bytes=50000-']);
    await readsRight();
  });

  test('one removes what the other was fetching when it was closed', async () => {
    const other = await StorePage.open(context, host.url);
    server.habits.set(shards[0]!, { type: 'stalls', at: 50_000 });
    await (await other.begin('fetch', server.url)).reaches(totalBytes - sizeOf(shards[0]!) + 50_000);
    await other.page.close();
    await expect.poll(async () => (await visit.call('remove', id)).type).toBe('done');
    expect(await visit.files()).toEqual({});
  });

  test('a wait can be cancelled', async () => {
    const other = await StorePage.open(context, host.url);
    const shard = shards[0]!;
    server.habits.set(shard, { type: 'stalls', at: 50_000 });
    const first = await other.begin('fetch', server.url);
    await first.reaches(totalBytes - sizeOf(shard) + 50_000);
    const waiting = await visit.begin('open', id);
    await waiting.cancel();
    expect(await waiting.outcome).toMatchObject({ code: 'cancelled' });
    await other.page.close();
  });
});

describe('a folder of this device', () => {
  const pathsBut = (...without: string[]) =>
    [...files.keys()].filter((path) => !without.includes(path)).map((path) => join(folder, path));

  test('is copied, checked, and opened again', async () => {
    expect(await visit.importFiles('tiny', pathsBut())).toEqual(done());
    await readsRight();
    const [kept] = await visit.value('list');
    expect(kept).toMatchObject({ id, keptBytes: totalBytes, from: { type: 'folder', name: 'tiny' } });
    await visit.reload();
    expect(await visit.call('open', id)).toEqual(done());
    await visit.damage(fileAt(shards[0]!), { flip: 5 });
    const words = [`${shards[0]} is missing here, or was damaged.`, 'Open the folder tiny again'];
    expect(await visit.call('read', id, shards[0]!)).toEqual(failed('bad-model', ...words));
    expect(await visit.call('open', id)).toEqual(failed('bad-model', ...words));
    expect(await visit.importFiles('tiny', pathsBut())).toEqual(done());
    await readsRight();
    expect(server.requests).toEqual([]);
  });

  test('completes what was fetched in part, which stays known by its address', async () => {
    await keepPart(50_000);
    expect(await visit.importFiles('tiny', pathsBut())).toEqual(done());
    expect(server.requests).toEqual([]);
    expect((await visit.value('list'))[0]!.from).toEqual({ type: 'url', url: server.url });
  });

  test('that is none, or lacks a file, or has another, is explained', async () => {
    expect(await visit.importFiles('tiny', pathsBut('manifest.json'))).toEqual(
      failed('bad-model', 'tiny is not an Unmask model folder: it has no manifest.json'),
    );
    expect(await visit.importFiles('tiny', pathsBut(shards[1]!))).toEqual(
      failed('bad-model', `tiny has no ${shards[1]}.`),
    );
    const other = join(await folders.make(), shards[1]!);
    await writeFile(other, Buffer.from(files.get(shards[1]!)!).fill(0, 7, 9));
    expect(await visit.importFiles('tiny', [...pathsBut(shards[1]!), other])).toEqual(
      failed('bad-model', `${shards[1]} is damaged: its SHA-256`),
    );
    expect((await visit.files())[partAt(shards[1]!)] ?? 0).toBe(0);
    expect(await visit.importFiles('tiny', pathsBut())).toEqual(done());
  });
});
