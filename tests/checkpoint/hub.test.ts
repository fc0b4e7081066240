import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { openCheckpoint } from '../../src/checkpoint/checkpoint';
import type { CheckpointFiles } from '../../src/checkpoint/checkpoint-files';
import { FileList } from '../../src/checkpoint/file-list';
import { type FoundCheckpoint, findAtAddress } from '../../src/checkpoint/remote/find-checkpoint';
import { hubAddress, openRepository, repositoryText } from '../../src/checkpoint/remote/hub';
import { RemoteFile } from '../../src/checkpoint/remote/remote-file';
import { RemoteFiles } from '../../src/checkpoint/remote/remote-files';
import { planConversion } from '../../src/convert/conversion-plan';
import { planFiles } from '../../src/convert/plan-files';
import { streamWeights } from '../../src/convert/stream-weights';
import type { ManifestFile } from '../../src/model/format/manifest';
import { diskWorkplace } from '../convert/disk-workplace';
import { type Lie, LyingServer } from '../e2e/lying-server';
import { filesIn } from '../files-in';
import { HubServer } from '../hub-server';
import { TemporaryFolders } from '../temporary-folders';

const PATIENCE = { stallMs: 500, waitsMs: [5, 10, 20, 40] };
const FOLDER = 'tests/fixtures/sdar-tiny';
const REPOSITORY = 'someone/sdar-tiny';
/** The first of two files of weights. */
const SHARD = 'model-00001-of-00002.safetensors';

const folders = new TemporaryFolders();
const hub = new HubServer();
const files = filesIn(FOLDER);
let plain: LyingServer;
let expected: ManifestFile[];

beforeAll(async () => {
  hub.repositories.set(REPOSITORY, files);
  plain = new LyingServer(files);
  await Promise.all([hub.start(), plain.start()]);
  const manifest = await exportCheckpoint(FOLDER, join(await folders.make(), 'model'), 'q4');
  expected = manifest.files.filter(({ path }) => manifest.weights.includes(path));
});
beforeEach(() => {
  hub.reset();
  plain.reset();
});
afterAll(async () => {
  await Promise.all([hub.stop(), plain.stop()]);
  await folders.remove();
});

const signal = () => new AbortController().signal;

/** Bytes of weights that a conversion begins with. */
let keptBytes = 0;

async function convert(files: CheckpointFiles, to?: string): Promise<ManifestFile[]> {
  const checkpoint = await openCheckpoint(files, signal());
  const packing = { dtype: 'q4', embeddingDtype: 'q4' } as const;
  const plan = await planConversion(checkpoint, { id: 'model', packing });
  const planned = planFiles(plan.config.network, packing, 24 * 2 ** 20);
  const workplace = diskWorkplace(to ?? (await folders.make()));
  let isFirst = true;
  const onProgress = (bytes: number) => {
    if (isFirst) keptBytes = bytes;
    isFirst = false;
  };
  return streamWeights(plan, planned, checkpoint, workplace, { signal: signal(), onProgress });
}

async function fromHub(to?: string, text = REPOSITORY): Promise<ManifestFile[]> {
  const { files } = await openRepository(hubAddress(text, hub.url)!, hub.url, PATIENCE, signal());
  try {
    return await convert(files, to);
  } finally {
    files.close();
  }
}

const fromUrl = (to?: string) => convert(new RemoteFiles((path) => new URL(path, plain.url), null, PATIENCE), to);

describe('what a person types', () => {
  const ENDPOINT = 'https://mirror.example';
  it.each([
    ['owner/name', { repository: 'owner/name', revision: 'main', folder: '' }],
    [' owner/name@v1 ', { repository: 'owner/name', revision: 'v1', folder: '' }],
    ['owner/name@refs/pr/1', { repository: 'owner/name', revision: 'refs/pr/1', folder: '' }],
    ['https://huggingface.co/owner/name', { repository: 'owner/name', revision: 'main', folder: '' }],
    ['https://huggingface.co/owner/name/tree/dev', { repository: 'owner/name', revision: 'dev', folder: '' }],
    ['https://mirror.example/owner/name/tree/dev/q4/', { repository: 'owner/name', revision: 'dev', folder: 'q4/' }],
    [
      'https://huggingface.co/owner/name/blob/main/q4/config.json',
      { repository: 'owner/name', revision: 'main', folder: 'q4/' },
    ],
    ['huggingface.co/owner/name/tree/dev', { repository: 'owner/name', revision: 'dev', folder: '' }],
    ['hf.co/owner/name', { repository: 'owner/name', revision: 'main', folder: '' }],
    ['https://hf.co/owner/name', { repository: 'owner/name', revision: 'main', folder: '' }],
    ['owner/name@dev (a/q4/)', { repository: 'owner/name', revision: 'dev', folder: 'a/q4/' }],
    ['https://elsewhere.example/owner/name', null],
    ['owner/name@', null],
    ['owner', null],
    ['a/b/c', null],
  ])('%s', (text, address) => {
    expect(hubAddress(text, ENDPOINT)).toEqual(address);
    // What the page calls it opens it again.
    if (address) expect(hubAddress(repositoryText(address), ENDPOINT)).toEqual(address);
  });
});

it.each([
  ['https://huggingface.co/datasets/roneneldan/TinyStories', 'roneneldan/TinyStories is a data set, not a model.'],
  ['https://huggingface.co/datasets/squad/tree/main', 'squad is a data set, not a model.'],
  ['huggingface.co/datasets/owner/name/viewer?row=1', 'owner/name is a data set, not a model.'],
  ['datasets/owner/name', 'owner/name is a data set, not a model.'],
  ['https://hf.co/spaces/owner/name', 'owner/name is a Space, not a model.'],
  ['https://huggingface.co/collections/owner/name-1', 'owner/name-1 is a collection, not a model.'],
])('%s is not a model, and said to be what it is', (text, what) => {
  const message = `${what} Give the address of a model, or its name as owner/name.`;
  expect(() => hubAddress(text, hub.url)).toThrow(expect.objectContaining({ code: 'bad-input', message }));
});

describe('a repository', () => {
  it('becomes what an export of it is, pinned to its commit, each file read once', async () => {
    const address = hubAddress(REPOSITORY, hub.url)!;
    // A machine at work may hold an answer back for longer than the other tests wait.
    const patience = { ...PATIENCE, stallMs: 20_000 };
    const { commit, files: found, paths } = await openRepository(address, hub.url, patience, signal());
    expect(commit).toBe(hub.commitOf(REPOSITORY));
    expect(paths).toEqual([...files.keys()]);
    expect(await convert(found)).toEqual(expected);
    found.close();
    const ranges = hub.requests.filter(({ path }) => path === SHARD).map(({ range }) => range);
    // The header, then all of it.
    expect(ranges.length).toBeLessThanOrEqual(4);
  });

  it('is gone on with after a connection that was lost for long', async () => {
    const to = await folders.make();
    hub.habits.set(`${REPOSITORY}/${SHARD}`, { type: 'breaks', at: files.get(SHARD)!.length - 100 });
    await expect(fromHub(to)).rejects.toThrow(/could not be fetched/);
    hub.reset();
    expect(await fromHub(to)).toEqual(expected);
    expect(keptBytes).toBeGreaterThan(files.get(SHARD)!.length / 2);
  });

  it.each<[string, readonly Lie[]]>([
    ['breaks off again and again', [20, 40, 60].map((kilo) => ({ type: 'breaks', at: kilo * 1000 }))],
    ['stalls', [{ type: 'stalls', at: 30_000 }]],
    ['ends early', [{ type: 'ends', at: 30_000 }]],
    ['is busy', [{ type: 'answers', status: 429, headers: { 'Retry-After': '0.05' } }]],
    ['fails', [503, 500].map((status) => ({ type: 'answers', status }))],
    ['lets its signed address expire', [{ type: 'answers', status: 403 }]],
    ['ignores ranges', Array(9).fill({ type: 'ignores-range' })],
    ['sends other ranges', Array(9).fill({ type: 'shifts-range', by: 7 })],
    ['says that there is no range', [{ type: 'answers', status: 416 }]],
    ['compresses its ranges', Array(20).fill({ type: 'compresses-ranges' })],
    ['hides its ranges', Array(9).fill({ type: 'hides-range' })],
  ])('whose host %s becomes the same', async (_, lies) => {
    hub.lies.set(`${REPOSITORY}/${SHARD}`, [...lies]);
    expect(await fromHub()).toEqual(expected);
  });

  it.each<[string, string, Lie, RegExp]>([
    ['is gated', `${REPOSITORY}/${SHARD}`, { type: 'answers', status: 403 }, /private, gated, or not there.*signs in/],
    ['is private', `api/${REPOSITORY}`, { type: 'answers', status: 401 }, /private, gated, or not there/],
    ['has lost a file', `${REPOSITORY}/${SHARD}`, { type: 'answers', status: 404 }, /has no .*00001-of-00002/],
    [
      'asks for half an hour',
      `${REPOSITORY}/${SHARD}`,
      { type: 'answers', status: 429, headers: { 'Retry-After': '1800' } },
      /too many requests.*30 minutes/,
    ],
    ['sends a page', `${REPOSITORY}/config.json`, { type: 'sends-page' }, /with a web page/],
    ['sends a page for its description', `api/${REPOSITORY}`, { type: 'sends-page' }, /with a web page/],
    [
      'sends another file',
      `${REPOSITORY}/${SHARD}`,
      { type: 'flips', at: 40_000 },
      /00001-of-00002.*came damaged.*checksum/,
    ],
    ['sends another config', `${REPOSITORY}/config.json`, { type: 'flips', at: 3 }, /config.json came damaged/],
  ])('that %s is explained', async (_, path, lie, sentence) => {
    hub.habits.set(path, lie);
    await expect(fromHub()).rejects.toThrow(sentence);
  });

  it('whose file came damaged is fetched anew', async () => {
    const to = await folders.make();
    hub.lies.set(`${REPOSITORY}/${SHARD}`, Array(4).fill({ type: 'flips', at: 40_000 }));
    await expect(fromHub(to)).rejects.toThrow(/came damaged/);
    hub.reset();
    expect(await fromHub(to)).toEqual(expected);
  });

  it('that is not there is explained, at its revision', async () => {
    await expect(fromHub(undefined, 'some/other')).rejects.toThrow(/has no model some\/other/);
    await expect(fromHub(undefined, 'some/other@v2')).rejects.toThrow(/has no model some\/other at v2/);
  });
});

describe('the URL of a checkpoint', () => {
  it.each<[string, Lie | null]>([
    ['knows ranges', null],
    ['ignores them', { type: 'ignores-range' }],
    ['compresses them', { type: 'compresses-ranges' }],
  ])('whose server %s', async (_, lie) => {
    if (lie) for (const path of files.keys()) plain.habits.set(path, lie);
    expect(await fromUrl()).toEqual(expected);
  });

  it('with a query is asked for each file with that, and no message tells of it', async () => {
    plain.query = '?key=secret';
    const found = await findAtAddress(`${plain.url}${plain.query}`, hub.url, PATIENCE, signal());
    expect(await convert((found as FoundCheckpoint).files)).toEqual(expected);
    const refused = await findAtAddress(`${plain.url}?key=wrong`, hub.url, PATIENCE, signal()).catch(String);
    expect(refused).toMatch(/does not give .*config.json to everyone \(403\)/);
    expect(refused).not.toContain('key=');
  });

  it('whose server refuses what it does not have, as S3 does, is read like any other', async () => {
    const missing = ['manifest.json', 'README.md', 'tokenizer.json', 'chat_template.jinja', 'model.safetensors'];
    for (const path of missing) plain.habits.set(path, { type: 'answers', status: 403 });
    const found = await findAtAddress(plain.url, hub.url, PATIENCE, signal());
    expect(await convert((found as FoundCheckpoint).files)).toEqual(expected);
  });
});

it('two places of a file that are read in turns take two requests each at most', async () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 6_000_000 }, (_, index) => index % 251));
  const server = new LyingServer([['large.bin', bytes]]);
  await server.start();
  const file = new RemoteFile(new URL('large.bin', server.url), PATIENCE);
  for (let at = 0; at < 2_000_000; at += 200_000) {
    for (const from of [at, 3_500_000 + at]) {
      const piece = await file.read(from, 200_000, signal());
      expect(Buffer.from(piece).equals(bytes.subarray(from, from + 200_000))).toBe(true);
    }
  }
  file.close();
  expect(server.requests.length).toBeLessThanOrEqual(4);
  await server.stop();
});

it('the files of a person become the same', async () => {
  const list = [...files].map(([path, bytes]) => new File([new Uint8Array(bytes)], path));
  expect(await convert(new FileList('sdar-tiny', list))).toEqual(expected);
});
