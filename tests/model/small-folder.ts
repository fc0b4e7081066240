import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FORMAT_VERSION, MODEL_FILES } from '../../src/model/format/manifest';
import { FACTS_FIELD } from '../../src/network/families';

/** The names of a folder's files. */
export const FILES = { ...MODEL_FILES, weights: 'model.safetensors' };

/** config.json of a model of two heads. */
export const CONFIG = {
  model_type: 'bd3lm',
  adaln: false,
  vocab_size: 98,
  hidden_dim: 8,
  n_heads: 2,
  n_blocks: 1,
  model_length: 16,
  block_size: 4,
  block_sizes: [1, 4],
  [FACTS_FIELD]: {
    maskId: null,
    bosId: 0,
    addsBos: false,
    eosIds: [0],
    generationEosIds: [],
    tiedHead: false,
    // So that the weights take about as many bytes as are written below.
    mlpSize: 4270,
  },
};

export const MANIFEST = {
  formatVersion: FORMAT_VERSION,
  id: 'small',
  name: 'Small',
  licence: 'MIT',
  parameters: 1234,
  dtype: 'f32',
  embeddingDtype: 'f32',
  weights: ['model.safetensors'],
  files: [{ path: 'model.safetensors', bytes: 3, sha256: '0'.repeat(64) }],
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
    [FILES.tokenizer]: randomBytes(5000),
    [FILES.tokenizerConfig]: randomBytes(90),
    [FILES.generationConfig]: randomBytes(70),
  };
  const listed = Object.entries(files).map(([path, bytes]) => ({ path, bytes: bytes.length, sha256: sha256Of(bytes) }));
  const manifest = { ...MANIFEST, files: listed };
  const write = (name: string, content: string | Uint8Array) => writeFile(join(path, name), content);
  const writeManifest = () => write('manifest.json', JSON.stringify(manifest));
  for (const [name, bytes] of Object.entries(files)) await write(name, bytes);
  await writeManifest();
  return { path, manifest, files, write, writeManifest };
}
