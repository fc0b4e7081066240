import { encodeGraph, type StoredPlace } from './encode-graph';

/** The graph of a part of the weights: no inputs, every stored tensor an output, so that running it hands them over. */
export function weightsGraph(places: readonly StoredPlace[]): Uint8Array {
  return encodeGraph({ inputs: [], outputs: places, constants: [], nodes: [] }, places);
}
