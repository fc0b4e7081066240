import type { WeightDtype } from '../model/format/manifest';
import type { ModelConfig } from '../network/model-config';
import { encodeGraph, type StoredPlace } from './encode-graph';
import { networkGraph } from './network-graph';

/** The bytes of `model.onnx`: `networkGraph` over the weights in these places. */
export function modelGraph(config: ModelConfig, dtype: WeightDtype, places: readonly StoredPlace[]): Uint8Array {
  return encodeGraph(networkGraph(config, dtype), places);
}
