import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnmaskError } from '../src/errors';
import { MODEL_FILES } from '../src/weights/manifest';
import { openSafetensors, type SafetensorsFile, type TensorEntry } from './safetensors';

const CONFIG = 'config.json';
const ONE_FILE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const CARD = 'README.md';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A checkpoint folder in the Hugging Face layout. Its weights stay on disk until they are read. */
export interface Checkpoint {
  readonly config: JsonObject;
  /** Of all shards, by the checkpoint's own names. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The bytes of the tokenizer files that are there, by name. */
  readonly tokenizerFiles: ReadonlyMap<string, Uint8Array>;
  /** The text of the model card, if there is one. */
  readonly card: string | null;
  close(): Promise<void>;
}

/** Opens a checkpoint folder. Throws `bad-model` for what is missing or damaged. */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const config = await readJson(folder, CONFIG);
  if (!config) {
    throw new UnmaskError(
      'bad-model',
      `${join(folder, CONFIG)} is missing. Give the folder of a checkpoint in the Hugging Face layout.`,
    );
  }
  const tokenizerFiles = new Map<string, Uint8Array>();
  for (const name of [MODEL_FILES.tokenizer, MODEL_FILES.tokenizerConfig]) {
    const bytes = await readIfThere(join(folder, name));
    if (bytes) tokenizerFiles.set(name, bytes);
  }
  const card = (await readIfThere(join(folder, CARD)))?.toString('utf8') ?? null;
  const shards = await openShards(folder);
  try {
    const tensors = joined(shards);
    return { config, tensors, tokenizerFiles, card, close: () => closeAll(shards) };
  } catch (error) {
    await closeAll(shards);
    throw error;
  }
}

async function openShards(folder: string): Promise<SafetensorsFile[]> {
  const index = await readJson(folder, INDEX);
  const names = index ? shardNames(index) : [ONE_FILE];
  const shards: SafetensorsFile[] = [];
  try {
    for (const name of names) shards.push(await openSafetensors(join(folder, name)));
    return shards;
  } catch (error) {
    await closeAll(shards);
    throw error;
  }
}

async function closeAll(shards: readonly SafetensorsFile[]): Promise<void> {
  for (const shard of shards) await shard.close();
}

function shardNames({ weight_map: map }: JsonObject): string[] {
  const names = [...new Set(Object.values(Object(map)))];
  const isName = (name: unknown): name is string => typeof name === 'string' && /^\w[\w.-]*$/.test(name);
  if (names.length > 0 && names.every(isName)) return names;
  throw new UnmaskError('bad-model', `${INDEX}: weight_map must name files beside it. Save the checkpoint again.`);
}

function joined(shards: readonly SafetensorsFile[]): Map<string, TensorEntry> {
  const tensors = new Map<string, TensorEntry>();
  for (const shard of shards) {
    for (const [name, entry] of shard.tensors) {
      if (tensors.has(name)) throw new UnmaskError('bad-model', `Two shards have ${name}. Save the checkpoint again.`);
      tensors.set(name, entry);
    }
  }
  return tensors;
}

async function readJson(folder: string, name: string): Promise<JsonObject | undefined> {
  const bytes = await readIfThere(join(folder, name));
  return bytes && parseJsonObject(name, bytes);
}

/** Throws `bad-model` naming the file where the bytes are not a JSON object. */
export function parseJsonObject(name: string, bytes: Uint8Array): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below.
  }
  throw new UnmaskError('bad-model', `${name} is not a JSON object. Save the checkpoint again.`);
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw new UnmaskError('bad-model', `${path} cannot be read: ${error}.`);
  }
}
