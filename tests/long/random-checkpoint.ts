import { createHash } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawNumbers } from '../../bench/draw-numbers';
import { PUBLISHED_SHAPES, type PublishedShape, type ShapeName } from '../../bench/published-shapes';
import { tensorShapes } from '../../src/convert/check-tensors';
import type { ManifestFile } from '../../src/model/format/manifest';
import { describeModel, familyOf } from '../../src/network/families';
import { ConfigFields, type JsonObject } from '../../src/network/fields';
import { bd3lmShapes } from '../bd3lm-shapes';
import type { PublishedConfig } from './published-config';
import { SEED } from './text';

export interface RandomCheckpointOptions {
  readonly seed: number;
  /** BF16 has the same numbers, cut to their upper 16 bits. */
  readonly dtype: 'F32' | 'BF16';
  /** Files that the weights are spread over, with an index if there are several. */
  readonly shards: number;
  /** Whether the head is stored beside the embedding; by default as `tie_word_embeddings` says. */
  readonly storesHead?: boolean | undefined;
}

/** Numbers of a tensor that are in memory at once. */
const PIECE = 2 ** 20;

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Fills `numbers`, those of the tensor from number `from` on. */
  draw(numbers: Float32Array, from: number): void;
}

/**
 * Writes a checkpoint of any family with every tensor that the authors' code saves, drawn at random: the same bytes for
 * the same options. Activations stay of size 1 to 3, logits of size 4, and adaLN moves every norm and gate.
 * Returns the files of weights.
 */
export async function writeRandomCheckpoint(
  folder: string,
  config: PublishedConfig | JsonObject,
  { seed, dtype, shards, storesHead }: RandomCheckpointOptions,
): Promise<readonly ManifestFile[]> {
  const tensors = tensorsOf(config, seed, storesHead);
  const perShard = Math.ceil(tensors.length / shards);
  const files: ManifestFile[] = [];
  const map: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const path = shards === 1 ? 'model.safetensors' : `model-${place(shard + 1)}-of-${place(shards)}.safetensors`;
    const some = tensors.slice(shard * perShard, (shard + 1) * perShard);
    files.push(await writeShard(folder, path, some, dtype));
    for (const { name } of some) map[name] = path;
  }
  if (shards > 1) {
    const totalSize = tensors.reduce((sum, tensor) => sum + sizeOf(tensor) * BYTES[dtype], 0);
    const index = { metadata: { total_size: totalSize }, weight_map: map };
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index, null, 2));
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify(config, null, 2));
  return files;
}

const BYTES = { F32: 4, BF16: 2 } as const;

function place(number: number): string {
  return String(number).padStart(5, '0');
}

function sizeOf({ shape }: Tensor): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

async function writeShard(
  folder: string,
  path: string,
  tensors: readonly Tensor[],
  dtype: 'F32' | 'BF16',
): Promise<ManifestFile> {
  let end = 0;
  const entries = tensors.map((tensor) => {
    const start = end;
    end += sizeOf(tensor) * BYTES[dtype];
    return [tensor.name, { dtype, shape: tensor.shape, data_offsets: [start, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries([['__metadata__', { format: 'pt' }], ...entries])));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = await open(join(folder, path), 'w');
  const hash = createHash('sha256');
  const append = async (bytes: Uint8Array) => {
    hash.update(bytes);
    await file.writeFile(bytes);
  };
  try {
    await append(length);
    await append(header);
    const buffer = new Float32Array(PIECE);
    for (const tensor of tensors) {
      for (let from = 0; from < sizeOf(tensor); from += PIECE) {
        const numbers = buffer.subarray(0, Math.min(PIECE, sizeOf(tensor) - from));
        tensor.draw(numbers, from);
        await append(dtype === 'F32' ? bytesOf(numbers) : upperHalves(numbers));
      }
    }
    return { path, bytes: 8 + header.length + end, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function upperHalves({ buffer, byteOffset, length }: Float32Array): Uint8Array {
  const words = new Uint16Array(buffer, byteOffset, 2 * length);
  const upper = new Uint16Array(length);
  for (let index = 0; index < length; index++) upper[index] = words[2 * index + 1]!;
  return bytesOf(upper);
}

/** Writes a checkpoint of a published model's shape with all of its small files but the vocabulary. */
export async function writePublishedShape(
  folder: string,
  name: ShapeName,
  options: Partial<RandomCheckpointOptions> = {},
): Promise<readonly ManifestFile[]> {
  const { config, files, dtype, shards, storesHead }: PublishedShape = PUBLISHED_SHAPES[name];
  await mkdir(folder, { recursive: true });
  for (const [path, json] of Object.entries(files)) await writeFile(join(folder, path), JSON.stringify(json, null, 2));
  return writeRandomCheckpoint(folder, config, { seed: SEED, dtype, shards, storesHead, ...options });
}

/** Every tensor of a checkpoint: of BD3-LM with the authors' buffers. */
export function tensorsOf(config: PublishedConfig | JsonObject, seed: number, storesHead?: boolean): Tensor[] {
  if (isBd3lm(config)) return [...drawn(bd3lmShapes(config), seed), ...buffersOf(config)];
  const fields = new ConfigFields(config);
  const tiedHead = storesHead === undefined ? fields.flag('tie_word_embeddings', false) : !storesHead;
  const others = { maskId: null, bosId: null, addsBos: false, eosIds: [], generationEosIds: [], mlpSize: null };
  const model = describeModel(config, { ...others, tiedHead });
  return drawn(tensorShapes(model.network, familyOf(config).sources(model, fields)), seed);
}

function isBd3lm(config: PublishedConfig | JsonObject): config is PublishedConfig {
  return config.model_type === 'bd3lm';
}

function drawn(shapes: ReadonlyMap<string, readonly number[]>, seed: number): Tensor[] {
  return [...shapes].map(([name, shape], index) => ({
    name,
    shape,
    draw: (numbers: Float32Array, from: number) =>
      drawNumbers(numbers, { seed, stream: index, from, ...distributionOf(name, shape) }),
  }));
}

function buffersOf({ hidden_dim: hiddenSize, n_heads: heads, ...config }: PublishedConfig): Tensor[] {
  const given = (name: string, shape: readonly number[], number: (index: number) => number): Tensor => ({
    name,
    shape,
    draw: (numbers, from) => numbers.set(numbers.map((_, index) => number(from + index))),
  });
  const frequency = (index: number) => 10_000 ** ((-2 * index * heads) / hiddenSize);
  return [
    given('backbone.rotary_emb.inv_freq', [hiddenSize / heads / 2], frequency),
    given('sampling_eps_min', [], () => config.sampling_eps_min),
    given('sampling_eps_max', [], () => config.sampling_eps_max),
  ];
}

/** Heads, and embeddings that may be. */
const HEADS = ['backbone.output_layer.linear.weight', 'lm_head.weight', 'model.embed_tokens.weight'];

export function distributionOf(
  name: string,
  shape: readonly number[],
): { readonly centre: number; readonly spread: number } {
  if (name.includes('norm')) return { centre: 1, spread: 0.1 };
  if (name.endsWith('embedding')) return { centre: 0, spread: 1 };
  const columns = shape[1];
  if (columns === undefined) return { centre: 0, spread: 0.1 };
  return { centre: 0, spread: (HEADS.includes(name) ? 4 : 1.2) / Math.sqrt(columns) };
}
