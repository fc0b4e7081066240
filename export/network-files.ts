import type { NamedWeight } from '../src/convert/bd3lm-weights';
import { storedBytes } from '../src/convert/stored-bytes';
import { type PlannedPart, planWeights } from '../src/convert/weight-plan';
import { ALIGNMENT } from '../src/model/format/check-sizes';
import { MODEL_FILES, type WeightDtype, type WeightsPart } from '../src/model/format/manifest';
import type { ModelConfig } from '../src/network/model-config';
import { weightSpecs } from '../src/model/format/weight-spec';
import { modelGraph } from '../src/onnx/model-graph';
import { weightsGraph } from '../src/onnx/weights-graph';
import { FileSequence } from './file-sequence';
import type { ModelFolderWriter } from './model-folder';

/** How far the weights are. */
export interface WeightsProgress {
  /** Those that are written whole. */
  readonly weights: number;
  readonly ofWeights: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

export interface NetworkFileOptions {
  readonly dtype: WeightDtype;
  /** No file of weights is larger. */
  readonly fileBytes: number;
  /** Checked several times a second; its AbortError is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Told as often. */
  readonly onProgress?: ((progress: WeightsProgress) => void) | undefined;
}

/** Writes the weights, which come in the order of `weightSpecs`, and the graphs. Returns the parts for the manifest. */
export async function addNetwork(
  folder: ModelFolderWriter,
  config: ModelConfig,
  weights: AsyncIterable<NamedWeight>,
  options: NetworkFileOptions,
): Promise<WeightsPart[]> {
  const parts = planWeights(config, options.dtype, options.fileBytes);
  await addWeights(folder, config, weights, parts, options);
  for (const { graph, places } of parts) await folder.add(graph, weightsGraph(places));
  const places = parts.flatMap((part) => part.places);
  await folder.add(MODEL_FILES.modelGraph, modelGraph(config, options.dtype, places));
  return parts.map(({ graph, files }) => ({ graph, files: files.map(({ path }) => path) }));
}

async function addWeights(
  folder: ModelFolderWriter,
  config: ModelConfig,
  weights: AsyncIterable<NamedWeight>,
  parts: readonly PlannedPart[],
  { dtype, signal, onProgress }: NetworkFileOptions,
): Promise<void> {
  const planned = parts.flatMap(({ files }) => files);
  const ofBytes = planned.reduce((sum, file) => sum + file.bytes, 0);
  const specs = weightSpecs(config);
  const files = new FileSequence(folder.staging, planned);
  let bytes = 0;
  let done = 0;
  const append = async (piece: Uint8Array) => {
    await files.append(piece);
    bytes += piece.length;
  };
  const align = () => append(new Uint8Array((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT));
  try {
    for await (const [name, pieces] of weights) {
      const spec = specs[done];
      if (spec?.name !== name) throw new Error(`${name} comes where ${spec?.name} should`);
      const scales: Uint8Array[] = [];
      for await (const numbers of pieces) {
        signal?.throwIfAborted();
        const [values, ...others] = storedBytes(spec, numbers, dtype);
        await append(values!);
        scales.push(...others);
        onProgress?.({ weights: done, ofWeights: specs.length, bytes, ofBytes });
      }
      await align();
      for (const piece of scales) await append(piece);
      await align();
      done++;
    }
    folder.addWritten(files.finish());
  } finally {
    await files.close();
  }
  onProgress?.({ weights: done, ofWeights: specs.length, bytes, ofBytes });
}
