import type { Checkpoint } from '../checkpoint/checkpoint';
import { factsOf } from '../checkpoint/checkpoint-facts';
import { readsText, type TokenizerSource, withTokenizer } from '../checkpoint/tokenizer-source';
import { UnmaskError } from '../errors';
import { FORMAT_VERSION, LARGEST_FILE, type Manifest, type ManifestFile, MODEL_FILES } from '../model/format/manifest';
import type { Packing } from '../model/format/packing';
import { FACTS_FIELD, familyOf, parseModelConfig } from '../network/families';
import type { Source } from '../network/family';
import { ConfigFields } from '../network/fields';
import type { ModelConfig } from '../network/model-config';
import { checkRope, checkTensors, tensorShapes } from './check-tensors';

export interface PlanOptions {
  /** The model's name in its manifest where the checkpoint's card has none. */
  readonly id: string;
  readonly packing: Packing;
  /** For a checkpoint without `tokenizer.json`: the tokenizer that it was trained with. */
  readonly tokenizer?: TokenizerSource | undefined;
  /** Bytes of a stored head that are compared with the embedding; by default all. Fewer are enough for its sizes. */
  readonly comparedBytes?: number | undefined;
}

/** What a checkpoint becomes. */
export interface ConversionPlan {
  readonly config: ModelConfig;
  readonly packing: Packing;
  /** Of every weight, by our name. */
  readonly sources: ReadonlyMap<string, Source>;
  /** The files beside those of weights, by name. */
  readonly small: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Its manifest without its files. */
  readonly heads: Omit<Manifest, 'weights' | 'files'>;
}

/** Finds out what a checkpoint becomes. Throws `bad-model` for one that cannot be used, or the AbortError. */
export async function planConversion(
  checkpoint: Checkpoint,
  { id, packing, tokenizer: others, comparedBytes }: PlanOptions,
  signal?: AbortSignal,
): Promise<ConversionPlan> {
  const { tensors, card, tokenizer: own } = checkpoint;
  const tokenizer = others && !readsText(own) ? withTokenizer(own, others) : own;
  const family = familyOf(checkpoint.config);
  const facts = await factsOf(family, checkpoint, tokenizer, signal, comparedBytes);
  // Described from what is written, so that a model is what its folder says.
  const publishedAndFacts = { ...checkpoint.config, [FACTS_FIELD]: facts };
  const config = parseModelConfig(publishedAndFacts);
  const sources = family.sources(config, new ConfigFields(checkpoint.config));
  const shapes = tensorShapes(config.network, sources);
  checkTensors(tensors, shapes, family.isUnused);
  await checkRope(tensors, config.network, signal);
  const small = new Map(tokenizer.files).set(MODEL_FILES.config, encodeJson(publishedAndFacts));
  if (checkpoint.generationConfig) small.set(MODEL_FILES.generationConfig, checkpoint.generationConfig);
  checkSmall(small);
  const heads = {
    formatVersion: FORMAT_VERSION,
    id,
    name: titleOf(card)?.slice(0, LONGEST_NAME) ?? id,
    licence: licenceOf(card)?.slice(0, LONGEST_NAME) ?? 'unknown',
    parameters: [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0),
    dtype: packing.dtype,
    embeddingDtype: packing.embeddingDtype,
  } as const;
  return { config, packing, sources, small, heads };
}

/** The manifest of a plan whose files were written. */
export function manifestOf(
  { heads }: ConversionPlan,
  weights: readonly ManifestFile[],
  small: readonly ManifestFile[],
): Manifest {
  return { ...heads, weights: weights.map(({ path }) => path), files: [...weights, ...small] };
}

/** Characters of a name that `parseManifest` takes. */
const LONGEST_NAME = 200;

function checkSmall(files: ReadonlyMap<string, Uint8Array>): void {
  for (const [path, { length }] of files) {
    const most = LARGEST_FILE[path]!;
    if (length <= most) continue;
    throw new UnmaskError('bad-model', `${path} has ${length} bytes, and a model folder takes ${most} of it.`);
  }
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
