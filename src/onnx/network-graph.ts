import type { Layer, Linear } from '../network/network';
import type { CpuDtypes } from './cpu-dtypes';
import { type Graph, GraphBuilder } from './graph';
import { NetworkOperations } from './network-operations';

/**
 * One layer over the rows of a pass.
 *
 * | input | |
 * |---|---|
 * | x | f32 [rows, hidden] |
 * | cos, sin | f32 [rows, headSize / 2]: RoPE of each row |
 * | slots | int64 [kvHeads, rows, 2]: for each head and row, the head and the slot that its key and value go to |
 * | bias | f32 [rows, capacity]: added to the scores; a large negative number hides a slot |
 * | past_keys, past_values | f32 [kvHeads, capacity, headSize], keys after RoPE |
 *
 * | output | |
 * |---|---|
 * | y | f32 [rows, hidden] |
 * | keys, values | as past_keys and past_values, with those of the rows in their slots |
 *
 * An output over the memory of its input is written in place: of the cache only the rows' slots are then touched.
 */
export function layerGraph({ attention, mlp }: Layer, dtypeOf: CpuDtypes): Graph {
  const graph = new GraphBuilder();
  const network = new NetworkOperations(graph, dtypeOf);
  const hidden = attention.out.weight.rows;
  const cache = [attention.kvHeads, 'capacity', attention.headSize];
  graph.input('x', 'float32', ['rows', hidden]);
  for (const name of ['cos', 'sin']) graph.input(name, 'float32', ['rows', attention.headSize / 2]);
  graph.input('slots', 'int64', [attention.kvHeads, 'rows', 2]);
  graph.input('bias', 'float32', ['rows', 'capacity']);
  for (const name of ['past_keys', 'past_values']) graph.input(name, 'float32', cache);
  graph.output('y', 'float32', ['rows', hidden]);
  for (const name of ['keys', 'values']) graph.output(name, 'float32', cache);

  const qkv = network.linear(attention.qkv, network.norm(attention.norm, 'x'));
  const attended = network.linear(attention.out, network.attention(attention, qkv));
  const x = network.add('x', attended, 'attention.residual');
  const up = network.linear(mlp.up, network.norm(mlp.norm, x));
  const down = network.linear(mlp.down, network.activation(mlp, up));
  network.add(x, down, 'y');
  return graph;
}

/** The head, or some rows of it as if they were all: x [rows, hidden], normed → logits [rows, features]. */
export function headGraph(head: Linear, dtypeOf: CpuDtypes): Graph {
  const graph = new GraphBuilder();
  graph.input('x', 'float32', ['rows', head.weight.columns]);
  graph.output('logits', 'float32', ['rows', head.weight.rows]);
  graph.node('Identity', [new NetworkOperations(graph, dtypeOf).linear(head, 'x')], ['logits']);
  return graph;
}
