import { networkGraph } from '../src/weights/graph/network-graph';
import type { WeightDtype } from '../src/weights/manifest';
import type { ModelConfig } from '../src/weights/model-config';
import { encodeGraph, type StoredPlace } from './onnx-graph';

/** The bytes of `model.onnx`: `networkGraph` over the weights in these places. */
export function modelGraph(config: ModelConfig, dtype: WeightDtype, places: readonly StoredPlace[]): Uint8Array {
  return encodeGraph(networkGraph(config, dtype), places);
}
