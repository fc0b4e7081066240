import { MODEL_FILES } from '../src/weights/manifest';
import { OnnxGraph, type StoredPlace } from './onnx-graph';

/** `weights.onnx`: no inputs, every stored tensor an output, so that running it hands them over as buffers. */
export function weightsGraph(places: readonly StoredPlace[]): Uint8Array {
  const graph = new OnnxGraph(MODEL_FILES.weights);
  for (const place of places) graph.output(graph.stored(place), place.type, place.shape);
  return graph.encode();
}
