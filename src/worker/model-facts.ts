import type { ModelInfo } from '../library/models';
import { modelDigest } from '../model/format/model-digest';
import type { ModelSource } from '../model/source/model-source';

/** What a model's folder says of it. */
export function factsOf({
  manifest,
  config,
}: ModelSource): Pick<ModelInfo, 'name' | 'digest' | 'licence' | 'dtype' | 'parameters' | 'blockSizes' | 'totalBytes'> {
  const { name, licence, dtype, parameters, files } = manifest;
  return {
    name,
    digest: modelDigest(manifest),
    licence,
    dtype,
    parameters,
    blockSizes: config.blockSizes,
    totalBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
