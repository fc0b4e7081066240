import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MODEL_FILES } from '../../src/model/format/manifest';

/** The names of a folder's files. */
export const FILES = { ...MODEL_FILES, weights: 'weights.bin', weightsGraph: 'weights.onnx' };

export const CONFIG = {
  architecture: 'bd3lm',
  vocabSize: 98,
  hiddenSize: 8,
  // So that the weights take about as many bytes as are written below.
  mlpSize: 4295,
  layers: 1,
  heads: 2,
  contextLength: 16,
  ropeBase: 10000,
  normEpsilon: 1e-5,
  maskId: 97,
  bosId: 0,
  eosId: 0,
  blockSizes: [1, 4],
  defaultBlockSize: 4,
};

export const MANIFEST = {
  formatVersion: 2,
  id: 'small',
  name: 'Small',
  licence: 'MIT',
  parameters: 1234,
  dtype: 'f32',
  weights: [{ graph: 'weights.onnx', files: ['weights.bin'] }],
  files: [
    { path: 'weights.bin', bytes: 3, sha256: '0'.repeat(64) },
    { path: 'weights.onnx', bytes: 5, sha256: '1'.repeat(64) },
  ],
};

/** A model folder by hand. `manifest` and `files` are what was written, for a test to write otherwise. */
export interface SmallFolder {
  readonly path: string;
  readonly manifest: Omit<typeof MANIFEST, 'files'> & { files: { path: string; bytes: number; sha256: string }[] };
  readonly files: Readonly<Record<string, Buffer>>;
  /** Replaces one file, the manifest left as it is. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** Writes `manifest` again. */
  writeManifest(): Promise<void>;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Random bytes under the names of a model's files, the config being a real one. Removed when the test is over. */
export async function smallFolder(): Promise<SmallFolder> {
  const path = await mkdtemp(join(tmpdir(), 'unmask-small-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const files: Record<string, Buffer> = {
    [FILES.config]: Buffer.from(JSON.stringify(CONFIG)),
    [FILES.weights]: randomBytes(300_001),
    [FILES.weightsGraph]: randomBytes(700),
    [FILES.modelGraph]: randomBytes(1100),
    [FILES.tokenizer]: randomBytes(5000),
    [FILES.tokenizerConfig]: randomBytes(90),
  };
  const listed = Object.entries(files).map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: sha256Of(bytes) }));
  const manifest = { ...MANIFEST, files: listed };
  const write = (name: string, content: string | Uint8Array) => writeFile(join(path, name), content);
  const writeManifest = () => write('manifest.json', JSON.stringify(manifest));
  for (const [name, bytes] of Object.entries(files)) await write(name, bytes);
  await writeManifest();
  return { path, manifest, files, write, writeManifest };
}
