import { createHash } from 'node:crypto';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExportOptions, exportCheckpoint } from '../../../export/export-checkpoint';
import { UnmaskError } from '../../../src/errors';
import type { ModelSource } from '../../../src/model/source/model-source';
import { openModelSource, type ReadFile, tooLong } from '../../../src/model/source/open-model-source';
import { readWeights } from '../../../src/model/source/read-weights';
import { readTokenizerFiles } from '../../../src/model/source/tokenizer-files';
import { createTokenizer } from '../../../src/tokenizer/tokenizer';
import { writeCheckpoint } from '../../export/random-checkpoint';
import { TemporaryFolders } from '../../temporary-folders';

// biome-ignore lint/suspicious/noExplicitAny: what is corrupted has no type
export type Json = any;

/** A model folder in memory: a corruption may do with it what it likes. */
export interface Folder {
  readonly manifest: Json;
  /** By path; 'manifest.json' too, where a corruption writes it itself. */
  readonly files: Map<string, Uint8Array>;
}

export interface Corruption {
  readonly name: string;
  /** Whether the manifest is told the lengths and sums of the corrupted files, as an attacker would. */
  readonly sums: 'set right' | 'left alone';
  corrupt(folder: Folder): void;
}

export const WEIGHTS = 'model.safetensors';

/** A BD3-LM of two layers with the byte-level tokenizer of the fixtures, as `npm run export` writes it. */
export function textFolder(options: ExportOptions = {}): Promise<Folder> {
  return exported(options, async (checkpoint) => {
    await writeCheckpoint(checkpoint, { vocab_size: 400 });
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
      await cp(`tests/fixtures/byte-bpe/${name}`, join(checkpoint, name));
    }
  });
}

/** An SDAR with special tokens alone. */
export function sdarFolder(options: ExportOptions = {}): Promise<Folder> {
  return exported(options, (checkpoint) => cp('tests/fixtures/sdar-tiny', checkpoint, { recursive: true }));
}

async function exported(options: ExportOptions, write: (checkpoint: string) => Promise<void>): Promise<Folder> {
  const folders = new TemporaryFolders();
  try {
    const [checkpoint, model] = [await folders.make(), await folders.make()];
    await write(checkpoint);
    await exportCheckpoint(checkpoint, model, 'q8', options);
    const names = await readdir(model);
    const entries = names.map(async (name) => [name, new Uint8Array(await readFile(join(model, name)))] as const);
    const files = new Map(await Promise.all(entries));
    const manifest = JSON.parse(new TextDecoder().decode(files.get('manifest.json')));
    files.delete('manifest.json');
    return { manifest, files };
  } finally {
    await folders.remove();
  }
}

export function corrupted(whole: Folder, { sums, corrupt }: Corruption): Folder {
  const folder = { manifest: structuredClone(whole.manifest), files: new Map(whole.files) };
  corrupt(folder);
  if (sums === 'left alone') return folder;
  for (const file of folder.manifest.files) {
    const bytes = folder.files.get(file.path);
    if (!bytes) continue;
    file.bytes = bytes.length;
    file.sha256 = createHash('sha256').update(bytes).digest('hex');
  }
  return folder;
}

/** What loading a folder asked for: paths, and the most bytes that each was given room for. */
export type Reads = Map<string, number>;

/** Opens a folder in memory as the page opens one on a server. */
export function openFolder({ manifest, files }: Folder, reads: Reads): Promise<ModelSource> {
  const readFile: ReadFile = async (path, limit) => {
    reads.set(path, limit);
    const written = files.get(path) ?? (path === 'manifest.json' ? encode(manifest) : undefined);
    if (!written) throw new UnmaskError('bad-model', `There is no ${path}.`);
    if (written.length > limit) throw tooLong(path, limit);
    return new Uint8Array(written);
  };
  return openModelSource(readFile);
}

/** All that both backends check and read, in the page's order; the runtime itself is left out. */
export async function readModel(source: ModelSource): Promise<void> {
  const tokenizer = await readTokenizerFiles(source);
  if (tokenizer) createTokenizer(source.config.vocabSize, ...tokenizer);
  for await (const { parts } of readWeights(source)) void parts;
}

/** JSON as an attacker may write it: numbers that are no numbers come out as such. */
export function encode(value: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A change to the JSON of a file of the folder. */
export function changeJson(path: string, change: (json: Json) => Json | undefined): Corruption['corrupt'] {
  return (folder) => {
    const json = JSON.parse(new TextDecoder().decode(folder.files.get(path)));
    folder.files.set(path, encode(change(json) ?? json));
  };
}

/** A stream of numbers from 0 to `below` − 1, the same every time: 32 bits of xorshift. */
export function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
