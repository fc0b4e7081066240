import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '../src/checkpoint/checkpoint';
import { readsText, readTokenizer, type TokenizerSource } from '../src/checkpoint/tokenizer-source';
import { encodeJson } from '../src/convert/conversion-plan';
import { convertCheckpoint } from '../src/convert/convert-checkpoint';
import type { WriteWeightsOptions } from '../src/convert/write-weights';
import { UnmaskError } from '../src/errors';
import { type Manifest, MODEL_FILES } from '../src/model/format/manifest';
import type { WeightDtype } from '../src/model/format/packing';
import { DiskCheckpoint } from './disk-checkpoint';
import { ModelFolderWriter } from './model-folder';

export interface ExportOptions extends Partial<WriteWeightsOptions> {
  /** Of the embedding and the head; by default the dtype of the other matrices. */
  readonly embeddingDtype?: WeightDtype | undefined;
  /** A folder that has the tokenizer, for a checkpoint that has none. */
  readonly tokenizerFolder?: string | undefined;
}

/**
 * Writes a model folder from a checkpoint folder and returns its manifest. A model that is there already is replaced
 * once all is well, and stays as it was otherwise. Memory holds a few MB of the weights at a time.
 *
 * Throws `bad-model`, `bad-input` where the folder cannot be made or written to, or the AbortError of the signal.
 */
export async function exportCheckpoint(
  from: string,
  to: string,
  dtype: WeightDtype,
  { embeddingDtype = dtype, tokenizerFolder, ...options }: ExportOptions = {},
): Promise<Manifest> {
  // Some names are those of a checkpoint's files, which would be replaced.
  if (await areSame(from, to)) {
    throw new UnmaskError('bad-input', `${to} is the checkpoint. Name another folder for the model.`);
  }
  const files = new DiskCheckpoint(from);
  try {
    if ((await files.size(MODEL_FILES.config)) === null) {
      const missing = join(from, MODEL_FILES.config);
      throw new UnmaskError(
        'bad-model',
        `${missing} is missing. Give the folder of a checkpoint in the Hugging Face layout.`,
      );
    }
    const checkpoint = await openCheckpoint(files, options.signal);
    const needsTokenizer = tokenizerFolder !== undefined && !readsText(checkpoint.tokenizer);
    const tokenizer = needsTokenizer ? await tokenizerOf(tokenizerFolder) : undefined;
    const folder = new ModelFolderWriter(to);
    try {
      const packing = { dtype, embeddingDtype };
      const manifest = await convertCheckpoint(checkpoint, folder, { ...options, id: folder.id, packing, tokenizer });
      await folder.publish(encodeJson(manifest), checkpoint.card);
      return manifest;
    } finally {
      await folder.close();
    }
  } finally {
    await files.close();
  }
}

async function areSame(from: string, to: string): Promise<boolean> {
  const paths = await Promise.all([from, to].map((folder) => realpath(folder).catch(() => null)));
  return paths[0] !== null && paths[0] === paths[1];
}

async function tokenizerOf(folder: string): Promise<TokenizerSource> {
  const files = new DiskCheckpoint(folder);
  try {
    const tokenizer = await readTokenizer(files);
    if (readsText(tokenizer)) return tokenizer;
  } finally {
    await files.close();
  }
  const missing = join(folder, MODEL_FILES.tokenizer);
  throw new UnmaskError(
    'bad-model',
    `${missing} is missing. Give --tokenizer a folder that has the model's tokenizer.`,
  );
}
