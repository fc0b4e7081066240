import type { Checkpoint } from '../checkpoint/checkpoint';
import { factsOf } from '../checkpoint/checkpoint-facts';
import { readsText, type TokenizerSource, withTokenizer } from '../checkpoint/tokenizer-source';
import { UnmaskError } from '../errors';
import { FORMAT_VERSION, LARGEST_FILE, type Manifest, type ManifestFile, MODEL_FILES } from '../model/format/manifest';
import type { Packing } from '../model/format/packing';
import { FACTS_FIELD, familyOf, parseModelConfig } from '../network/families';
import { ConfigFields } from '../network/fields';
import { checkRope, checkTensors, tensorShapes } from './check-tensors';
import type { ModelSink } from './model-sink';
import { FILE_BYTES } from './plan-files';
import { type WriteWeightsOptions, writeWeights } from './write-weights';

export interface ConvertOptions extends Partial<WriteWeightsOptions> {
  /** The model's name in its manifest where the checkpoint's card has none. */
  readonly id: string;
  readonly packing: Packing;
  /** For a checkpoint without `tokenizer.json`: the tokenizer that it was trained with. */
  readonly tokenizer?: TokenizerSource | undefined;
}

/**
 * Writes the files of a model folder from a checkpoint, all but its manifest, which is returned. The weights come
 * first, a few MB in memory at a time.
 *
 * Throws `bad-model` for a checkpoint that cannot be used, before anything is written unless it is about the numbers
 * of a tensor; what the sink throws; or the AbortError of the signal.
 */
export async function convertCheckpoint(
  checkpoint: Checkpoint,
  sink: ModelSink,
  { id, packing, tokenizer: others, fileBytes = FILE_BYTES, signal, onProgress }: ConvertOptions,
): Promise<Manifest> {
  const { tensors, card } = checkpoint;
  const { tokenizer: own } = checkpoint;
  const tokenizer = others && !readsText(own) ? withTokenizer(own, others) : own;
  const family = familyOf(checkpoint.config);
  const facts = await factsOf(family, checkpoint, tokenizer, signal);
  // Described from what is written, so that a model is what its folder says.
  const publishedAndFacts = { ...checkpoint.config, [FACTS_FIELD]: facts };
  const { network, ...config } = parseModelConfig(publishedAndFacts);
  const sources = family.sources({ network, ...config }, new ConfigFields(checkpoint.config));
  const shapes = tensorShapes(network, sources);
  checkTensors(tensors, shapes, family.isUnused);
  await checkRope(tensors, network, signal);

  const weights = await writeWeights(network, packing, sources, tensors, sink, { fileBytes, signal, onProgress });
  const files: ManifestFile[] = [...weights];
  const small = new Map(tokenizer.files).set(MODEL_FILES.config, encodeJson(publishedAndFacts));
  if (checkpoint.generationConfig) small.set(MODEL_FILES.generationConfig, checkpoint.generationConfig);
  for (const path of Object.values(MODEL_FILES)) {
    const bytes = small.get(path);
    if (bytes) files.push(await writeSmall(sink, path, bytes));
  }
  signal?.throwIfAborted();
  return {
    formatVersion: FORMAT_VERSION,
    id,
    name: titleOf(card)?.slice(0, LONGEST_NAME) ?? id,
    licence: licenceOf(card)?.slice(0, LONGEST_NAME) ?? 'unknown',
    parameters: [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0),
    dtype: packing.dtype,
    embeddingDtype: packing.embeddingDtype,
    weights: weights.map(({ path }) => path),
    files,
  };
}

/** Characters of a name that `parseManifest` takes. */
const LONGEST_NAME = 200;

async function writeSmall(sink: ModelSink, path: string, bytes: Uint8Array): Promise<ManifestFile> {
  const most = LARGEST_FILE[path]!;
  if (bytes.length > most) {
    throw new UnmaskError('bad-model', `${path} has ${bytes.length} bytes, and a model folder takes ${most} of it.`);
  }
  const file = await sink.begin(path, bytes.length);
  await file.append(bytes);
  return file.finish();
}

/** JSON for people, in UTF-8. */
export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

/** The first heading of a model card. */
function titleOf(card: string | null): string | undefined {
  return card?.match(/^# +(.+?) *$/m)?.[1];
}

/** `license` in the card's front matter, as Hugging Face has it. */
function licenceOf(card: string | null): string | undefined {
  return card?.match(/^---\n[\s\S]*?^license: *(.+?) *$[\s\S]*?^---$/m)?.[1];
}
