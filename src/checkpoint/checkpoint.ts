import { UnmaskError } from '../errors';
import { MODEL_FILES } from '../model/format/manifest';
import { familyOf } from '../network/families';
import type { JsonObject } from '../network/fields';
import type { CheckpointFiles } from './checkpoint-files';
import { openSafetensors, type TensorEntry } from './safetensors';
import { readIfThere, readJson } from './small-files';
import { readTokenizer, type TokenizerSource } from './tokenizer-source';

const ONE_FILE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const CARD = 'README.md';

/** A checkpoint in the Hugging Face layout. Its weights stay where they are until they are read. */
export interface Checkpoint {
  readonly files: CheckpointFiles;
  readonly config: JsonObject;
  /** Of all shards, by the checkpoint's own names. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly tokenizer: TokenizerSource;
  /** `generation_config.json` as it is. */
  readonly generationConfig: Uint8Array<ArrayBuffer> | null;
  /** The text of the model card, if there is one. */
  readonly card: string | null;
}

/** Opens a checkpoint. Throws `bad-model` for what is missing or damaged, and what the files throw. */
export async function openCheckpoint(files: CheckpointFiles, signal?: AbortSignal): Promise<Checkpoint> {
  const config = await readJson(files, MODEL_FILES.config, signal);
  if (!config) {
    throw new UnmaskError(
      'bad-model',
      `${MODEL_FILES.config} is missing. Give the folder of a checkpoint in the Hugging Face layout.`,
    );
  }
  // Before anything larger is read.
  familyOf(config);
  const card = await readIfThere(files, CARD, signal);
  return {
    files,
    config,
    tensors: await openTensors(files, signal),
    tokenizer: await readTokenizer(files, signal),
    generationConfig: (await readIfThere(files, MODEL_FILES.generationConfig, signal)) ?? null,
    card: card ? new TextDecoder().decode(card) : null,
  };
}

async function openTensors(files: CheckpointFiles, signal?: AbortSignal): Promise<ReadonlyMap<string, TensorEntry>> {
  const index = await readJson(files, INDEX, signal);
  if (!index) {
    if ((await files.size(ONE_FILE, signal)) !== null) return openSafetensors(files, ONE_FILE, signal);
    const others = 'Weights in other formats, such as pytorch_model.bin, are not read';
    throw new UnmaskError('bad-model', `${ONE_FILE} is missing. ${others}. Take a checkpoint in safetensors.`);
  }
  const shardOf = weightMap(index);
  const tensors = new Map<string, TensorEntry>();
  const foundIn = new Map<string, string>();
  for (const shard of new Set(shardOf.values())) {
    for (const [name, entry] of await openSafetensors(files, shard, signal)) {
      if (tensors.has(name)) throw new UnmaskError('bad-model', `Two shards have ${name}. Save the checkpoint again.`);
      tensors.set(name, entry);
      foundIn.set(name, shard);
    }
  }
  for (const [name, shard] of shardOf) {
    if (foundIn.get(name) === shard) continue;
    throw new UnmaskError(
      'bad-model',
      `${INDEX} says that ${name} is in ${shard}, which has no such tensor. Get both again.`,
    );
  }
  return tensors;
}

/** The file of each tensor. */
function weightMap({ weight_map: map }: JsonObject): Map<string, string> {
  const entries = Object.entries(Object(map));
  const isName = (name: unknown): name is string => typeof name === 'string' && /^\w[\w.-]*$/.test(name);
  if (entries.length > 0 && entries.every((entry): entry is [string, string] => isName(entry[1]))) {
    return new Map(entries);
  }
  throw new UnmaskError('bad-model', `${INDEX}: weight_map must name files beside it. Save the checkpoint again.`);
}
