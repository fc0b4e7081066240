import { join } from 'node:path';
import { UnmaskError } from '../errors';
import { type JsonObject, readIfThere, readJson } from './json-files';
import { openSafetensors, type SafetensorsFile, type TensorEntry } from './safetensors';
import { readTokenizer, type TokenizerSource } from './tokenizer-source';

const CONFIG = 'config.json';
const ONE_FILE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const CARD = 'README.md';

/** A checkpoint folder in the Hugging Face layout. Its weights stay on disk until they are read. */
export interface Checkpoint {
  readonly config: JsonObject;
  /** Of all shards, by the checkpoint's own names. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Null where there is none. */
  readonly tokenizer: TokenizerSource | null;
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
  const tokenizer = await readTokenizer(folder);
  const card = (await readIfThere(join(folder, CARD)))?.toString('utf8') ?? null;
  const shards = await openShards(folder);
  try {
    const tensors = joined(shards);
    return { config, tensors, tokenizer, card, close: () => closeAll(shards) };
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
