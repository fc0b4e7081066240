import { UnmaskError } from '../errors';
import { MODEL_FILES } from '../model/format/manifest';
import type { CheckpointFacts, Family } from '../network/family';
import { ConfigFields, LARGEST } from '../network/fields';
import type { Checkpoint } from './checkpoint';
import { parseJsonObject } from './small-files';
import { specialIds } from './special-tokens';
import type { TokenizerSource } from './tokenizer-source';

/**
 * What a checkpoint's other files say about the model of its config.json. The tokenizer may come from elsewhere. A
 * stored head is compared with the embedding, or only so many bytes of it.
 * Throws `bad-model` naming the file and the field that cannot be used.
 */
export async function factsOf(
  family: Family,
  checkpoint: Checkpoint,
  tokenizer: TokenizerSource = checkpoint.tokenizer,
  signal?: AbortSignal,
  comparedBytes = Number.POSITIVE_INFINITY,
): Promise<CheckpointFacts> {
  const { config, tensors, generationConfig } = checkpoint;
  const vocabSize = new ConfigFields(config).count('vocab_size', LARGEST.vocabulary);
  const [mlpRows] = (family.mlpTensor !== null && tensors.get(family.mlpTensor)?.shape) || [];
  return {
    ...specialIds(tokenizer, vocabSize, family.endOfText),
    generationEosIds: generationEosIds(generationConfig, vocabSize),
    tiedHead: await isHeadTied(family, checkpoint, comparedBytes, signal),
    mlpSize: mlpRows ?? null,
  };
}

function generationEosIds(bytes: Uint8Array | null, vocabSize: number): number[] {
  if (!bytes) return [];
  const path = MODEL_FILES.generationConfig;
  return new ConfigFields(parseJsonObject(path, bytes), '', path).ids('eos_token_id', vocabSize);
}

/** Bytes that are compared at once. */
const PIECE = 2 ** 22;

/**
 * Whether the head is the embedding: a stored copy of it is, a stored head that differs is used whatever the config
 * says, as transformers does.
 */
async function isHeadTied(
  { head }: Family,
  { config, tensors }: Checkpoint,
  comparedBytes: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!head) return false;
  const stored = tensors.get(head.tensor);
  if (!stored) {
    if (config.tie_word_embeddings !== false) return true;
    throw new UnmaskError(
      'bad-model',
      `The weights do not fit config.json: ${head.tensor} is missing, and tie_word_embeddings is false. ` +
        'Save the checkpoint again.',
    );
  }
  const embedding = tensors.get(head.embedding);
  if (!embedding || embedding.dtype !== stored.dtype || `${embedding.shape}` !== `${stored.shape}`) return false;
  for (let from = 0; from < Math.min(stored.bytes, comparedBytes); from += PIECE) {
    const length = Math.min(PIECE, stored.bytes - from);
    const [one, other] = [
      await stored.readBytes(from, length, signal),
      await embedding.readBytes(from, length, signal),
    ];
    if (!areEqual(one, other)) return false;
  }
  return true;
}

function areEqual(one: Uint8Array<ArrayBuffer>, other: Uint8Array<ArrayBuffer>): boolean {
  const words = Math.floor(one.length / 4);
  const [a, b] = [new Uint32Array(one.buffer, 0, words), new Uint32Array(other.buffer, 0, words)];
  for (let at = 0; at < words; at++) if (a[at] !== b[at]) return false;
  for (let at = words * 4; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
