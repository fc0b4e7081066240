import { createSHA256 } from 'hash-wasm';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint';
import { type FoundCheckpoint, findAtAddress } from '../checkpoint/remote/find-checkpoint';
import { readsText, readTokenizer, type TokenizerSource } from '../checkpoint/tokenizer-source';
import { UnmaskError } from '../errors';
import { type ManifestFile, MODEL_FILES } from '../model/format/manifest';
import { type QuantizedDtype, weightsLength } from '../model/format/packing';
import { PassingFailure } from '../model/source/server-answer';
import type { Making, StoreOptions } from '../model/store/kept-model';
import type { Patience } from '../model/store/patience';
import { type FileInPlace, writeAt } from '../model/store/private-files';
import { megabytes } from '../model/store/storage-space';
import { familyOf } from '../network/families';
import type { ModelConfig } from '../network/model-config';
import { checkText } from './check-text';
import { type ConversionPlan, encodeJson, manifestOf, planConversion } from './conversion-plan';
import { FILE_BYTES, planFiles } from './plan-files';
import { streamWeights } from './stream-weights';

/** A checkpoint of which everything but its weights was read, and what it would become here. */
export interface SurveyedCheckpoint {
  readonly found: FoundCheckpoint;
  readonly checkpoint: Checkpoint;
  /** For a checkpoint that has none. */
  readonly tokenizer: { readonly source: TokenizerSource; readonly repository: string } | null;
  readonly heads: Pick<ConversionPlan['heads'], 'name' | 'licence' | 'parameters'>;
  readonly config: ModelConfig;
  /** Of its files of weights. */
  readonly fetchBytes: number;
  readonly keptBytes: Readonly<Record<QuantizedDtype, number>>;
  /** As `Making.key`. */
  readonly keys: Readonly<Record<QuantizedDtype, string>>;
}

export interface HubOptions {
  /** Where Hugging Face repositories are. */
  readonly endpoint: string;
  readonly patience: Patience;
}

/** Bytes of a stored head that tell whether it is the embedding, as far as sizes go. */
const GLANCE = 2 ** 16;

/**
 * Reads what is small of a checkpoint. Throws `bad-model` for one that does not run here, naming what is wrong;
 * `network`; or the AbortError.
 */
export async function surveyCheckpoint(
  found: FoundCheckpoint,
  { endpoint, patience }: HubOptions,
  signal: AbortSignal,
): Promise<SurveyedCheckpoint> {
  const checkpoint = await openCheckpoint(found.files, signal);
  const { tokenizerRepositories } = familyOf(checkpoint.config);
  const usual = tokenizerRepositories[checkpoint.config.model_type as string] ?? null;
  const tokenizer = readsText(checkpoint.tokenizer) ? null : await tokenizerOf(usual, endpoint, patience, signal);
  const packing = { dtype: 'q8', embeddingDtype: 'q8' } as const;
  const options = { id: found.id, packing, tokenizer: tokenizer?.source, comparedBytes: GLANCE };
  const plan = await planConversion(checkpoint, options, signal);
  checkText(plan);
  const { config, small, heads } = plan;
  const smallBytes = [...small.values()].reduce((sum, { length }) => sum + length, 0);
  const key = (dtype: QuantizedDtype) =>
    keyOf(found, small, planFiles(config.network, { dtype, embeddingDtype: dtype }, FILE_BYTES));
  const keptBytes = (dtype: QuantizedDtype) =>
    smallBytes + weightsLength(config.network, { dtype, embeddingDtype: dtype });
  const ends = new Map<string, number>();
  for (const { path, offset, bytes } of checkpoint.tensors.values()) {
    ends.set(path, Math.max(ends.get(path) ?? 0, offset + bytes));
  }
  return {
    found,
    checkpoint,
    tokenizer,
    heads,
    config,
    fetchBytes: [...ends.values()].reduce((sum, bytes) => sum + bytes, 0),
    keptBytes: { q4: keptBytes('q4'), q8: keptBytes('q8') },
    keys: { q4: await key('q4'), q8: await key('q8') },
  };
}

async function tokenizerOf(
  repository: string | null,
  endpoint: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<SurveyedCheckpoint['tokenizer']> {
  if (repository === null) {
    throw new UnmaskError(
      'bad-model',
      `The checkpoint has no ${MODEL_FILES.tokenizer}, so the page could not show its text. Put the file of its tokenizer beside its weights.`,
    );
  }
  const found = await findAtAddress(repository, endpoint, patience, signal);
  if (found.type !== 'checkpoint') throw new UnmaskError('bad-model', `${repository} has no tokenizer.`);
  try {
    const source = await readTokenizer(found.files, signal);
    if (readsText(source)) return { source, repository };
  } finally {
    found.close();
  }
  throw new UnmaskError('bad-model', `${repository} has no ${MODEL_FILES.tokenizer}, which this model needs.`);
}

/**
 * What a store makes of a checkpoint: byte for byte what an export writes. Throws as `surveyCheckpoint`, for numbers
 * that are none, or where a file is not what its repository lists.
 */
export async function makingOf(
  { found, checkpoint, tokenizer, heads, keptBytes }: SurveyedCheckpoint,
  dtype: QuantizedDtype,
  signal: AbortSignal,
): Promise<Making> {
  const packing = { dtype, embeddingDtype: dtype };
  const plan = await planConversion(checkpoint, { id: found.id, packing, tokenizer: tokenizer?.source }, signal);
  const planned = planFiles(plan.config.network, packing, FILE_BYTES);
  return {
    key: await keyOf(found, plan.small, planned),
    name: heads.name,
    dtype,
    place: found.place,
    totalBytes: keptBytes[dtype],
    async make(openFile, options) {
      try {
        const weights = await streamWeights(plan, planned, checkpoint, { open: openFile }, options);
        return encodeJson(manifestOf(plan, weights, await writeSmallFiles(plan, openFile)));
      } finally {
        found.close();
      }
    },
  };
}

/** Names what a checkpoint becomes with these files. */
async function keyOf(
  found: FoundCheckpoint,
  small: ConversionPlan['small'],
  planned: ReturnType<typeof planFiles>,
): Promise<string> {
  const key = await createSHA256();
  key.update(found.version());
  for (const { path, header } of planned) key.update(path).update(header);
  for (const [path, bytes] of small) key.update(path).update(bytes);
  return key.digest('hex');
}

async function writeSmallFiles(
  { small }: ConversionPlan,
  openFile: (name: string) => Promise<FileInPlace>,
): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of Object.values(MODEL_FILES)) {
    const bytes = small.get(path);
    if (!bytes) continue;
    const file = await openFile(path);
    try {
      file.truncate(0);
      writeAt(file, bytes, 0);
      file.flush();
    } finally {
      file.close();
    }
    const hasher = await createSHA256();
    files.push({ path, bytes: bytes.length, sha256: hasher.update(bytes).digest('hex') });
  }
  return files;
}

/** Runs what reports bytes; a failure that may pass says how many are kept. */
export async function sayingWhatIsKept<T>(
  { onProgress, ...options }: StoreOptions,
  run: (options: StoreOptions) => Promise<T>,
): Promise<T> {
  let kept = { bytes: 0, ofBytes: 0 };
  const note: StoreOptions['onProgress'] = (bytes, ofBytes, atWork) => {
    if (!atWork) kept = { bytes, ofBytes };
    onProgress(bytes, ofBytes, atWork);
  };
  try {
    return await run({ ...options, onProgress: note });
  } catch (error) {
    if (!(error instanceof PassingFailure) || kept.bytes === 0) throw error;
    const what = `${megabytes(kept.bytes)} of ${megabytes(kept.ofBytes)} MB are converted and kept, and the next try goes on from there.`;
    throw new UnmaskError('network', `${error.message} ${what}`, { cause: error });
  }
}
