import type { ModelSource } from '../../src/model/source/model-source';
import { readWeights } from '../../src/model/source/read-weights';
import { type Network, tensorsOf, type Weight } from '../../src/network/network';
import { f32Everywhere } from '../../src/onnx/cpu-dtypes';
import { SessionWeights } from '../../src/onnx/session-weights';
import { storedRows, storedVector } from '../../src/onnx/stored-rows';

/** All weights of a model as f32, in memory, as `ortGraph` takes them. */
export async function readOrtWeights(source: ModelSource): Promise<SessionWeights> {
  const { network } = source.config;
  const weights = new SessionWeights(tensorsOf(network), orderIn(network), f32Everywhere);
  for await (const { data, parts } of readWeights(source)) {
    for (const part of parts) {
      if ('vector' in part) weights.addVector(part.vector, storedVector(part, data));
      else weights.addRows(part.matrix, part.firstRow, storedRows(part, data));
    }
  }
  return weights;
}

/** A gated MLP's up-projection is stored gate by value; the graph takes all gates first. */
function orderIn({ layers }: Network): (weight: Weight) => 'stored' | 'interleaved' {
  const gated = new Set<Weight | null>(
    layers.flatMap(({ mlp }) => (mlp.activation === 'swiglu' ? [mlp.up.weight, mlp.up.bias] : [])),
  );
  return (weight) => (gated.has(weight) ? 'interleaved' : 'stored');
}
