import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../src/checkpoint/checkpoint';
import { readTokenizer, type TokenizerSource } from '../src/checkpoint/tokenizer-source';
import { constantCondition } from '../src/convert/adaln';
import { bd3lmConditionSize, bd3lmModelConfig } from '../src/convert/bd3lm-config';
import { bd3lmShapes, checkRope, checkTensors, tensorReader } from '../src/convert/bd3lm-tensors';
import { bd3lmWeights } from '../src/convert/bd3lm-weights';
import { FILE_BYTES } from '../src/convert/weight-plan';
import { UnmaskError } from '../src/errors';
import { FORMAT_VERSION, type Manifest, MODEL_FILES, type WeightDtype } from '../src/model/format/manifest';
import { ModelFolderWriter } from './model-folder';
import { addNetwork, type NetworkFileOptions } from './network-files';

export interface ExportOptions extends Partial<Omit<NetworkFileOptions, 'dtype'>> {
  /** A folder that has the tokenizer, for a checkpoint that has none. */
  readonly tokenizerFolder?: string | undefined;
}

/**
 * Writes a model folder from a BD3-LM checkpoint folder and returns its manifest. A model that is there already is
 * replaced once all is well, and stays as it was otherwise. Memory holds a few MB of the weights at a time. No file
 * of weights is larger than `fileBytes`, by default FILE_BYTES.
 *
 * Throws `bad-model`, `bad-input` where the folder cannot be made or written to, or the AbortError of the signal.
 */
export async function exportCheckpoint(
  from: string,
  to: string,
  dtype: WeightDtype,
  options: ExportOptions = {},
): Promise<Manifest> {
  // Some names are those of a checkpoint's files, which would be replaced.
  if (await areSame(from, to)) {
    throw new UnmaskError('bad-input', `${to} is the checkpoint. Name another folder for the model.`);
  }
  const checkpoint = await openCheckpoint(from);
  try {
    return await exportOpened(checkpoint, to, dtype, options);
  } finally {
    await checkpoint.close();
  }
}

async function exportOpened(
  checkpoint: Checkpoint,
  to: string,
  dtype: WeightDtype,
  { tokenizerFolder, fileBytes = FILE_BYTES, signal, onProgress }: ExportOptions,
): Promise<Manifest> {
  const tokenizer = checkpoint.tokenizer ?? (await tokenizerOf(tokenizerFolder));
  const config = bd3lmModelConfig(checkpoint, tokenizer);
  const conditionSize = bd3lmConditionSize(checkpoint);
  const shapes = bd3lmShapes(config, conditionSize);
  checkTensors(checkpoint.tensors, shapes);
  await checkRope(checkpoint.tensors, config);
  const read = tensorReader(checkpoint.tensors);
  const condition = conditionSize === null ? null : await constantCondition(read);

  const folder = await ModelFolderWriter.open(to);
  try {
    const numbers = bd3lmWeights(read, config, condition);
    const weights = await addNetwork(folder, config, numbers, { dtype, fileBytes, signal, onProgress });
    await folder.add(MODEL_FILES.config, json(config));
    for (const [name, bytes] of tokenizer?.files ?? []) await folder.add(name, bytes);
    const manifest: Manifest = {
      formatVersion: FORMAT_VERSION,
      id: folder.id,
      name: titleOf(checkpoint.card) ?? folder.id,
      licence: licenceOf(checkpoint.card) ?? 'unknown',
      parameters: [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0),
      dtype,
      weights,
      files: folder.files,
    };
    signal?.throwIfAborted();
    await folder.publish(json(manifest), checkpoint.card);
    return manifest;
  } finally {
    await folder.close();
  }
}

async function areSame(from: string, to: string): Promise<boolean> {
  const paths = await Promise.all([from, to].map((folder) => realpath(folder).catch(() => null)));
  return paths[0] !== null && paths[0] === paths[1];
}

async function tokenizerOf(folder: string | undefined): Promise<TokenizerSource | null> {
  if (folder === undefined) return null;
  const tokenizer = await readTokenizer(folder);
  if (tokenizer) return tokenizer;
  const missing = join(folder, MODEL_FILES.tokenizer);
  throw new UnmaskError(
    'bad-model',
    `${missing} is missing. Give --tokenizer a folder that has the model's tokenizer.`,
  );
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The first heading of a model card. */
function titleOf(card: string | null): string | undefined {
  return card?.match(/^# +(.+?) *$/m)?.[1];
}

/** `license` in the card's front matter, as Hugging Face has it. */
function licenceOf(card: string | null): string | undefined {
  return card?.match(/^---\n[\s\S]*?^license: *(.+?) *$[\s\S]*?^---$/m)?.[1];
}
