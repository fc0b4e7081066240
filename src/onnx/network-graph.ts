import type { WeightDtype } from '../model/format/manifest';
import type { ModelConfig } from '../network/model-config';
import { weightSpecs } from '../model/format/weight-spec';
import { type Graph, GraphBuilder } from './graph';
import { NetworkOperations } from './network-operations';

/**
 * `model.onnx`: one pass of the network over `rows` rows that see `slots` cached slots and themselves.
 *
 * | input | |
 * |---|---|
 * | ids | int64 [rows] |
 * | cos, sin | f32 [rows, headSize / 2]: RoPE of each row |
 * | bias | f32 [1, 1, rows, slots + rows]: added to the scores; a large negative number hides a key |
 * | picks | int64 [picks]: rows that the head runs on |
 * | past_keys.i, past_values.i | f32 [1, slots, hidden] of layer i, keys after RoPE |
 *
 * | output | |
 * |---|---|
 * | logits | f32 [picks, vocab], raw |
 * | keys.i, values.i | f32 [1, rows, hidden]: what the rows add to the cache of layer i |
 */
export function networkGraph(config: ModelConfig, dtype: WeightDtype): Graph {
  const { hiddenSize, vocabSize, heads } = config;
  const graph = new GraphBuilder();
  const network = new NetworkOperations(graph, config, dtype, weightSpecs(config));

  graph.input('ids', 'int64', ['rows']);
  for (const name of ['cos', 'sin']) graph.input(name, 'float32', ['rows', hiddenSize / heads / 2]);
  graph.input('bias', 'float32', [1, 1, 'rows', 'slots + rows']);
  graph.input('picks', 'int64', ['picks']);

  let x = network.embedding('ids');
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `layers.${layer}`;
    graph.input(`past_keys.${layer}`, 'float32', [1, 'slots', hiddenSize]);
    graph.input(`past_values.${layer}`, 'float32', [1, 'slots', hiddenSize]);
    const qkv = network.linear(`${name}.attention.qkv`, network.layerNorm(`${name}.norm1`, x));
    const attended = network.attention(name, layer, qkv);
    x = network.add(`${name}.attention.residual`, x, network.linear(`${name}.attention.out`, attended));
    const up = network.linear(`${name}.mlp.up`, network.layerNorm(`${name}.norm2`, x));
    const down = network.linear(`${name}.mlp.down`, network.gelu(`${name}.mlp.gelu`, up));
    x = network.add(`${name}.mlp.residual`, x, down);
    graph.output(`keys.${layer}`, 'float32', [1, 'rows', hiddenSize]);
    graph.output(`values.${layer}`, 'float32', [1, 'rows', hiddenSize]);
  }
  graph.node('Gather', [x, 'picks'], ['picked'], { axis: { int: 0 } });
  graph.node('Identity', [network.linear('head', network.layerNorm('final_norm', 'picked'))], ['logits']);
  graph.output('logits', 'float32', ['picks', vocabSize]);
  return graph;
}
