import { type Attention, cacheWidth, type Network, type Norm, queryWidth } from '../../src/network/network';
import { f32Everywhere } from '../../src/onnx/cpu-dtypes';
import { type Graph, GraphBuilder } from '../../src/onnx/graph';
import { NetworkOperations } from '../../src/onnx/network-operations';

/**
 * A whole network in one graph, as one exports it for onnxruntime-web today: a pass over `rows` rows that see `slots`
 * cached slots and themselves. Matrices are f32; of a gated MLP's up-projection all gates come before all values.
 *
 * | input | |
 * |---|---|
 * | ids | int64 [rows] |
 * | cos, sin | f32 [rows, headSize / 2]: RoPE of each row |
 * | bias | f32 [1, 1, rows, slots + rows]: added to the scores; a large negative number hides a key |
 * | picks | int64 [picks]: rows that the head runs on |
 * | past_keys.i, past_values.i | f32 [1, slots, cache width] of layer i, keys after RoPE |
 *
 * | output | |
 * |---|---|
 * | logits | f32 [picks, vocab], raw |
 * | keys.i, values.i | f32 [1, rows, cache width]: what the rows add to the cache of layer i |
 */
export function ortGraph(network: Network): Graph {
  const graph = new GraphBuilder();
  const operations = new NetworkOperations(graph, f32Everywhere);
  const { headSize } = network.layers[0]!.attention;
  graph.input('ids', 'int64', ['rows']);
  for (const name of ['cos', 'sin']) graph.input(name, 'float32', ['rows', headSize / 2]);
  graph.input('bias', 'float32', [1, 1, 'rows', 'slots + rows']);
  graph.input('picks', 'int64', ['picks']);
  graph.integers('first.position', [0]);

  graph.node('Gather', [network.embedding.name, 'ids'], ['embedded'], { axis: { int: 0 } });
  let x = 'embedded';
  network.layers.forEach(({ attention, mlp }, layer) => {
    const qkv = operations.linear(attention.qkv, operations.norm(attention.norm, x));
    const attended = operations.linear(attention.out, attend(graph, operations, attention, layer, qkv));
    const between = operations.add(x, attended, `attention.residual.${layer}`);
    const up = operations.linear(mlp.up, operations.norm(mlp.norm, between));
    x = operations.add(between, operations.linear(mlp.down, operations.activation(mlp, up)), `residual.${layer}`);
  });
  graph.node('Gather', [x, 'picks'], ['picked'], { axis: { int: 0 } });
  graph.node('Identity', [operations.linear(network.head, operations.norm(network.finalNorm, 'picked'))], ['logits']);
  graph.output('logits', 'float32', ['picks', network.head.weight.rows]);
  return graph;
}

/** Attention of the rows of qkv over the cached slots and themselves: [rows, query width]. */
function attend(
  graph: GraphBuilder,
  operations: NetworkOperations,
  attention: Attention,
  layer: number,
  qkv: string,
): string {
  const { heads, kvHeads, headSize, headNorm } = attention;
  const at = (part: string) => `attention.${layer}.${part}`;
  const width = cacheWidth(attention);
  const reshaped = (x: string, shape: readonly number[], out: string) => {
    graph.node('Reshape', [x, graph.integers(`${out}.shape`, shape)], [out]);
    return out;
  };
  /** Heads of x [1, rows, width], normed where there is a norm, and turned. */
  const turned = (x: string, norm: Norm | undefined, of: number, out: string) => {
    const normed = norm
      ? reshaped(
          operations.norm(norm, reshaped(x, [-1, of, headSize], `${x}.heads`)),
          [1, -1, of * headSize],
          `${x}.normed`,
        )
      : x;
    graph.node('com.microsoft.RotaryEmbedding', [normed, 'first.position', 'cos', 'sin'], [out]);
  };
  /** The cached slots and the rows, [1, slots + rows, query width]: a key head once for each query head that reads it. */
  const all = (which: 'keys' | 'values') => {
    const joined = at(`all.${which}`);
    graph.node('Concat', [`past_${which}.${layer}`, `${which}.${layer}`], [joined], { axis: { int: 1 } });
    if (heads === kvHeads) return joined;
    const apart = reshaped(joined, [-1, kvHeads, 1, headSize], `${joined}.apart`);
    graph.node('Tile', [apart, graph.integers(`${joined}.times`, [1, 1, heads / kvHeads, 1])], [`${joined}.tiled`]);
    return reshaped(`${joined}.tiled`, [1, -1, heads * headSize], `${joined}.shared`);
  };
  for (const which of ['keys', 'values']) {
    graph.input(`past_${which}.${layer}`, 'float32', [1, 'slots', width]);
    graph.output(`${which}.${layer}`, 'float32', [1, 'rows', width]);
  }
  const batch = reshaped(qkv, [1, -1, attention.qkv.weight.rows], at('qkv'));
  const sizes = graph.integers(at('sizes'), [queryWidth(attention), width, width]);
  graph.node('Split', [batch, sizes], [at('q'), at('k'), `values.${layer}`], { axis: { int: 2 } });
  turned(at('q'), headNorm?.q, heads, at('q.turned'));
  turned(at('k'), headNorm?.k, kvHeads, `keys.${layer}`);
  graph.node(
    'com.microsoft.MultiHeadAttention',
    [at('q.turned'), all('keys'), all('values'), '', '', 'bias'],
    [at('sums')],
    { num_heads: { int: heads } },
  );
  return reshaped(at('sums'), [-1, queryWidth(attention)], at('out'));
}
