import { ALIGNMENT } from '../model/format/check-sizes';
import type { WeightDtype } from '../model/format/manifest';
import type { ModelConfig } from '../network/model-config';
import { byteLength, modelTensors, type StoredTensor } from '../model/format/weight-spec';
import type { StoredPlace } from '../onnx/encode-graph';

/** The largest file of weights, unless told otherwise: some static hosts take none of more than 25 MiB. */
export const FILE_BYTES = 24 * 2 ** 20;

/** A `WeightsPart` before it is written. */
export interface PlannedPart {
  /** The file of its graph. */
  readonly graph: string;
  readonly files: readonly PlannedFile[];
  readonly places: readonly StoredPlace[];
}

export interface PlannedFile {
  readonly path: string;
  readonly bytes: number;
}

/** Files of weights, of every number of parts and files. */
export const WEIGHT_FILE = /^weights(-\d+-of-\d+)?(\.\d+-of-\d+)?\.(bin|onnx)$/;

/**
 * Where the bytes of every weight go, in the order of `weightSpecs`, if no file is to have more than `fileBytes`
 * of them. A part takes as many tensors as fit into one file; one that is larger is a part of its own, whose
 * bytes go on from file to file. What fits into one file is one part, `weights`.
 */
export function planWeights(config: ModelConfig, dtype: WeightDtype, fileBytes: number): PlannedPart[] {
  const groups: StoredTensor[][] = [];
  let taken = Number.POSITIVE_INFINITY;
  for (const tensor of modelTensors(config, dtype)) {
    if (taken + aligned(tensor) > fileBytes) {
      groups.push([]);
      taken = 0;
    }
    groups.at(-1)!.push(tensor);
    taken += aligned(tensor);
  }
  return groups.map((tensors, index) => {
    const name = groups.length === 1 ? 'weights' : `weights-${index + 1}-of-${groups.length}`;
    const files = filesOf(name, tensors, fileBytes);
    return { graph: `${name}.onnx`, files, places: placesOf(tensors, files[0]!.path) };
  });
}

function filesOf(name: string, tensors: readonly StoredTensor[], fileBytes: number): PlannedFile[] {
  const total = tensors.reduce((sum, tensor) => sum + aligned(tensor), 0);
  const count = Math.ceil(total / fileBytes);
  return Array.from({ length: count }, (_, index) => ({
    path: count === 1 ? `${name}.bin` : `${name}.${index + 1}-of-${count}.bin`,
    bytes: Math.min(fileBytes, total - index * fileBytes),
  }));
}

function placesOf(tensors: readonly StoredTensor[], location: string): StoredPlace[] {
  let offset = 0;
  return tensors.map((tensor) => {
    const place = { ...tensor, location, offset, bytes: byteLength(tensor) };
    offset += aligned(tensor);
    return place;
  });
}

/** The bytes of a tensor and of what follows it up to where the next may begin. */
function aligned(tensor: StoredTensor): number {
  return Math.ceil(byteLength(tensor) / ALIGNMENT) * ALIGNMENT;
}
