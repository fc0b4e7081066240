import type { Checkpoint } from '../checkpoint/checkpoint';
import { type Manifest, type ManifestFile, MODEL_FILES } from '../model/format/manifest';
import { checkText } from './check-text';
import { type ConversionPlan, manifestOf, type PlanOptions, planConversion } from './conversion-plan';
import type { ModelSink } from './model-sink';
import { FILE_BYTES } from './plan-files';
import { type WriteWeightsOptions, writeWeights } from './write-weights';

export interface ConvertOptions extends PlanOptions, Partial<WriteWeightsOptions> {}

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
  { fileBytes = FILE_BYTES, signal, onProgress, ...options }: ConvertOptions,
): Promise<Manifest> {
  const plan = await planConversion(checkpoint, options, signal);
  checkText(plan);
  const weights = await writeWeights(plan, checkpoint.tensors, sink, { fileBytes, signal, onProgress });
  const small = await writeSmallFiles(plan, sink);
  signal?.throwIfAborted();
  return manifestOf(plan, weights, small);
}

/** Writes the files beside those of weights. */
async function writeSmallFiles({ small }: ConversionPlan, sink: ModelSink): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of Object.values(MODEL_FILES)) {
    const bytes = small.get(path);
    if (bytes) files.push(await writeSmall(sink, path, bytes));
  }
  return files;
}

async function writeSmall(sink: ModelSink, path: string, bytes: Uint8Array): Promise<ManifestFile> {
  const file = await sink.begin(path, bytes.length);
  await file.append(bytes);
  return file.finish();
}
