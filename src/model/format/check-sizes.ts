import { UnmaskError } from '../../errors';
import { type Manifest, MODEL_FILES, type WeightsPart } from './manifest';
import type { ModelConfig } from './model-config';
import { modelTensors, weightsLength } from './weight-spec';

/** Tensors begin at multiples of this many bytes. */
export const ALIGNMENT = 4;
/** Bytes of padding there may be between two tensors and at the end. */
export const LARGEST_GAP = 63;

/** Bytes that a graph may have: several times what the exporter writes. */
const GRAPH_BYTES = { least: 2 ** 16, perLayer: 2 ** 14 };

/**
 * Checks that the files of a model are as long as its config and dtype ask for, so that nothing larger than that
 * is ever fetched, or given memory. Throws `bad-model`.
 */
export function checkSizes(manifest: Manifest, config: ModelConfig): void {
  const tensors = modelTensors(config, manifest.dtype);
  const needed = weightsLength(config, manifest.dtype);
  const found = manifest.weights.reduce((sum, part) => sum + partBytes(manifest, part), 0);
  const padding = LARGEST_GAP * (tensors.length + manifest.weights.length);
  if (found < needed || found > needed + padding) {
    throw unfit(`the weights have ${found} bytes, and config.json asks for ${needed}`);
  }
  const limit = GRAPH_BYTES.least + GRAPH_BYTES.perLayer * config.layers;
  for (const path of [MODEL_FILES.modelGraph, ...manifest.weights.map(({ graph }) => graph)]) {
    if (sizeOf(manifest, path) > limit) throw unfit(`${path} has more than ${limit} bytes`);
  }
}

/** Bytes of the files of a part. */
export function partBytes(manifest: Manifest, { files }: WeightsPart): number {
  return files.reduce((sum, path) => sum + sizeOf(manifest, path), 0);
}

/** Bytes of a file; 0 of one that is not there. */
function sizeOf({ files }: Manifest, path: string): number {
  return files.find((file) => file.path === path)?.bytes ?? 0;
}

function unfit(what: string): UnmaskError {
  return new UnmaskError('bad-model', `manifest.json: ${what}. Export the model again.`);
}
