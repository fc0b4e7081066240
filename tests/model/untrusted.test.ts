import { describe, expect, it } from 'vitest';
import { UnmaskError } from '../../src/errors';
import { damagedBytes, misplacedFiles } from './untrusted/bytes';
import {
  type Corruption,
  corrupted,
  type Folder,
  openFolder,
  type Reads,
  readModel,
  sdarFolder,
  textFolder,
  WEIGHTS,
} from './untrusted/folder';
import { flippedHeaders, wrongHeaders, wrongParts } from './untrusted/headers';
import { wrongBd3lm, wrongManifests, wrongSdar } from './untrusted/heads';
import { wrongTokenizers } from './untrusted/tokenizers';

/** Of one file of weights; in several; and of another family. */
const text = await textFolder();
const sharded = await textFolder({ fileBytes: 6_000 });
const sdar = await sdarFolder();

interface Kind {
  readonly name: string;
  readonly whole: Folder;
  readonly corruptions: readonly Corruption[];
  /** Whether only the header of the weights can tell. */
  readonly inWeights?: boolean;
}

const KINDS: readonly Kind[] = [
  { name: 'damaged files', whole: text, corruptions: damagedBytes(text) },
  { name: 'files in the wrong place, and JSON that is none', whole: text, corruptions: misplacedFiles(text) },
  { name: 'manifests', whole: text, corruptions: wrongManifests(text), inWeights: true },
  { name: 'configs', whole: text, corruptions: wrongBd3lm(text), inWeights: true },
  { name: 'configs of transformers', whole: sdar, corruptions: wrongSdar(sdar), inWeights: true },
  { name: 'tokenizers', whole: text, corruptions: wrongTokenizers(text) },
  { name: 'headers with a bit or an end less', whole: text, corruptions: flippedHeaders(text), inWeights: true },
  { name: 'headers of others', whole: text, corruptions: wrongHeaders(text), inWeights: true },
  { name: 'headers of one of several files', whole: sharded, corruptions: wrongHeaders(sharded), inWeights: true },
  { name: 'parts of matrices', whole: sharded, corruptions: wrongParts(sharded), inWeights: true },
];

/** Seconds of a processor for one folder: those of a clock depend on what else the machine does. */
const LONGEST = 2;
/** Bytes. What is refused holds next to nothing; the garbage of so many folders does. */
const MOST_MEMORY = 400 * 2 ** 20;
/** Bytes that a file that is read before the weights may be given room for; a manifest says how many it takes. */
const MOST_ROOM = 2 ** 26;
/** The same of a file of weights, whose bytes must be those that the config asks for. */
const MOST_OF_WEIGHTS = 2 ** 20;

let refusals = 0;

it.each([
  ['one file', text],
  ['several files', sharded],
  ['transformers', sdar],
])('takes the folder of %s as it was exported', async (_, whole) => {
  await readModel(await openFolder(whole, new Map()));
});

it('the several files have a matrix in parts', () => {
  expect(sharded.manifest.weights.length).toBeGreaterThan(4);
  expect(wrongParts(sharded).length).toBeGreaterThan(20);
});

describe('refuses in words, soon, and with nothing read that need not be', () => {
  it.each(KINDS)('$name', async (kind) => {
    const before = process.memoryUsage().rss;
    for (const corruption of kind.corruptions) await expectRefused(kind, corruption);
    expect(process.memoryUsage().rss - before).toBeLessThan(MOST_MEMORY);
    refusals += kind.corruptions.length;
  });

  it('more than two thousand of them', () => {
    expect(refusals).toBeGreaterThan(2000);
  });
});

async function expectRefused({ whole, inWeights }: Kind, corruption: Corruption): Promise<void> {
  const folder = corrupted(whole, corruption);
  const reads: Reads = new Map();
  const began = process.cpuUsage();
  await expectBadModel(corruption, openFolder(folder, reads).then(readModel));
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1e6, corruption.name).toBeLessThan(LONGEST);
  const isOfWeights = inWeights || folder.files.get(WEIGHTS) !== whole.files.get(WEIGHTS);
  if (!isOfWeights) expect(reads.has(WEIGHTS), `${corruption.name} reads the weights`).toBe(false);
  for (const [path, room] of reads) {
    const most = whole.manifest.weights.includes(path) ? MOST_OF_WEIGHTS : MOST_ROOM;
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
  expect(told, name).toMatch(/\.(json|safetensors)|tokenizer/);
}
