import { OnnxGraph, type StoredPlace } from './onnx-graph';

/** The graph of a part of the weights: no inputs, every stored tensor an output, so that running it hands them over. */
export function weightsGraph(places: readonly StoredPlace[]): Uint8Array {
  const graph = new OnnxGraph();
  for (const place of places) graph.output(graph.stored(place), place.type, place.shape);
  return graph.encode();
}
