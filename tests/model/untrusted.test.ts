import { describe, expect, it } from 'vitest';
import { createBackend } from '../../src/backends/choose-backend';
import { UnmaskError } from '../../src/errors';
import { damagedBytes, misplacedFiles } from './untrusted/bytes';
import {
  type Corruption,
  corrupted,
  exportedFolder,
  type Folder,
  openFolder,
  type Reads,
  readModel,
  WEIGHTS,
} from './untrusted/folder';
import { flippedGraphs, wrongGraphs } from './untrusted/graphs';
import { wrongConfigs, wrongManifests } from './untrusted/heads';
import { wrongTokenizers } from './untrusted/tokenizers';

const whole = await exportedFolder();

const KINDS: readonly (readonly [name: string, corruptions: readonly Corruption[]])[] = [
  ['damaged files', damagedBytes(whole)],
  ['files in the wrong place, and JSON that is none', misplacedFiles(whole)],
  ['manifests', wrongManifests(whole)],
  ['configs', wrongConfigs(whole)],
  ['tokenizers', wrongTokenizers(whole)],
  ['graphs with a bit or an end less', flippedGraphs(whole)],
  ['graphs of others', wrongGraphs()],
];

/** Seconds of a processor for one folder: those of a clock depend on what else the machine does. */
const LONGEST = 2;
/** Bytes. What is refused holds next to nothing; the garbage of so many folders does. */
const MOST_MEMORY = 400 * 2 ** 20;
/** Bytes that a file that is read before the weights may be given room for; a manifest says how many it takes. */
const MOST_ROOM = 2 ** 26;

let refusals = 0;

it('takes the folder as it was exported', async () => {
  await readModel(await openFolder(whole, new Map()));
  const backend = await createBackend(await openFolder(whole, new Map()), 'wasm', undefined);
  expect(backend.name).toBe('wasm');
  backend.dispose();
});

describe('refuses in words, soon, and without reading the weights', () => {
  it.each(KINDS)('%s', async (_, corruptions) => {
    const before = process.memoryUsage().rss;
    for (const corruption of corruptions) await expectRefused(corruption);
    expect(process.memoryUsage().rss - before).toBeLessThan(MOST_MEMORY);
    refusals += corruptions.length;
  });

  it('more than fifteen hundred of them', () => {
    expect(refusals).toBeGreaterThan(1500);
  });
});

it('refuses them where a backend is made, too', async () => {
  const graphs = KINDS.flatMap(([, corruptions]) => corruptions).filter(({ name }) => name.includes('model.onnx'));
  for (const corruption of graphs.filter((_, index) => index % 12 === 0)) {
    const reads: Reads = new Map();
    const load = async (folder: Folder) => createBackend(await openFolder(folder, reads), 'wasm', undefined);
    await expectBadModel(corruption, load(corrupted(whole, corruption)));
    expect(reads.has(WEIGHTS), corruption.name).toBe(false);
  }
});

async function expectRefused(corruption: Corruption): Promise<void> {
  const folder = corrupted(whole, corruption);
  const reads: Reads = new Map();
  const began = process.cpuUsage();
  await expectBadModel(corruption, openFolder(folder, reads).then(readModel));
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1e6, corruption.name).toBeLessThan(LONGEST);
  const isInWeights = corruption.sums === 'left alone' && folder.files.get(WEIGHTS) !== whole.files.get(WEIGHTS);
  const isSumOfWeights = corruption.name.startsWith(`manifest: ${WEIGHTS}: sha256`);
  if (!isInWeights && !isSumOfWeights) expect(reads.has(WEIGHTS), `${corruption.name} reads the weights`).toBe(false);
  for (const [path, room] of reads) {
    const most = path === WEIGHTS ? whole.files.get(WEIGHTS)!.length : MOST_ROOM;
    expect(room, `the room for ${path} with ${corruption.name}`).toBeLessThanOrEqual(most);
  }
}

async function expectBadModel({ name }: Corruption, loading: Promise<unknown>): Promise<void> {
  const outcome = await loading.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
  const told = outcome instanceof UnmaskError ? `${outcome.code}: ${outcome.message}` : String(outcome);
  // One sentence or more that name the file, not a page of it.
  expect(told, name).toMatch(/^bad-model: [\s\S]{20,600}\.$/);
  expect(told, name).toMatch(/\.(json|onnx|bin)|tokenizer/);
}
