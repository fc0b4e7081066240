import type { WeightDtype } from '../src/weights/manifest';
import type { ModelConfig } from '../src/weights/model-config';
import { Q8_GROUP, Q8_ZERO, type WeightSpec } from '../src/weights/weight-spec';
import { elementType, float, int, type OnnxGraph, text } from './onnx-graph';

/**
 * The network's operations as ONNX nodes. Values are [rows, features]; every operation is named after the
 * weight it uses and returns the name of its result.
 */
export class NetworkOperations {
  readonly #graph: OnnxGraph;
  readonly #config: ModelConfig;
  readonly #dtype: WeightDtype;
  readonly #specs: ReadonlyMap<string, WeightSpec>;

  constructor(graph: OnnxGraph, config: ModelConfig, dtype: WeightDtype, specs: readonly WeightSpec[]) {
    this.#graph = graph;
    this.#config = config;
    this.#dtype = dtype;
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    const { hiddenSize } = config;
    graph.integers('shape.rows', [-1, hiddenSize]);
    graph.integers('shape.batch.qkv', [1, -1, 3 * hiddenSize]);
    graph.integers('thirds', [hiddenSize, hiddenSize, hiddenSize]);
    graph.integers('first.position', [0]);
  }

  /** Rows of `embedding.weight`. */
  embedding(ids: string): string {
    return this.#gatherRows('embedding.weight', ids);
  }

  layerNorm(name: string, x: string): string {
    const inputs = [x, `${name}.weight`, `${name}.bias`];
    const attributes = { axis: int(-1), epsilon: float(this.#config.normEpsilon) };
    return this.#node('LayerNormalization', inputs, `${name}.out`, attributes);
  }

  /** x · Wᵀ + b of `name`.weight and, where the model has one, `name`.bias. */
  linear(name: string, x: string): string {
    const weight = `${name}.weight`;
    const bias = this.#specs.has(`${name}.bias`) ? `${name}.bias` : '';
    const out = `${name}.out`;
    const transposed = { transB: int(1) };
    switch (this.#dtype) {
      case 'f32':
        return this.#node('Gemm', [x, weight, bias], out, transposed);
      case 'f16': {
        const wide = this.#node('Cast', [weight], `${weight}.f32`, { to: elementType('float32') });
        return this.#node('Gemm', [x, wide, bias], out, transposed);
      }
      case 'q8': {
        const [rows, columns] = this.#specs.get(weight)!.shape as readonly [number, number];
        // No zero points: they are Q8_ZERO then; and no order of groups.
        return this.#node('com.microsoft.MatMulNBits', [x, `${weight}.q8`, `${weight}.scale`, '', '', bias], out, {
          K: int(columns),
          N: int(rows),
          bits: int(8),
          block_size: int(Q8_GROUP),
        });
      }
      default:
        return this.#dtype satisfies never;
    }
  }

  gelu(name: string, x: string): string {
    return this.#node('Gelu', [x], name, { approximate: text('tanh') });
  }

  add(name: string, x: string, y: string): string {
    return this.#node('Add', [x, y], name);
  }

  /**
   * Attention of the rows of qkv [rows, 3 · hidden] over the cached slots and themselves. The results
   * `keys` and `values` of the layer are those of the rows.
   */
  attention(name: string, layer: number, qkv: string): string {
    const { heads } = this.#config;
    const [keys, values] = [`keys.${layer}`, `values.${layer}`];
    const batch = this.#node('Reshape', [qkv, 'shape.batch.qkv'], `${name}.qkv.batch`);
    const thirds = [`${name}.q`, `${name}.k`, values];
    this.#graph.node('Split', [batch, 'thirds'], thirds, { axis: int(2) });
    const q = this.#rope(`${name}.q`, `${name}.q.turned`);
    this.#rope(`${name}.k`, keys);
    const allKeys = this.#node('Concat', [`past_keys.${layer}`, keys], `${name}.keys`, { axis: int(1) });
    const allValues = this.#node('Concat', [`past_values.${layer}`, values], `${name}.values`, { axis: int(1) });
    const attended = this.#node(
      'com.microsoft.MultiHeadAttention',
      [q, allKeys, allValues, '', '', 'bias'],
      `${name}.attended.batch`,
      { num_heads: int(heads) },
    );
    return this.#node('Reshape', [attended, 'shape.rows'], `${name}.attended`);
  }

  #rope(x: string, out: string): string {
    return this.#node('com.microsoft.RotaryEmbedding', [x, 'first.position', 'cos', 'sin'], out);
  }

  #gatherRows(weight: string, ids: string): string {
    const row = { axis: int(0) };
    switch (this.#dtype) {
      case 'f32':
        return this.#node('Gather', [weight, ids], `${weight}.rows`, row);
      case 'f16': {
        const halves = this.#node('Gather', [weight, ids], `${weight}.halves`, row);
        return this.#node('Cast', [halves], `${weight}.rows`, { to: elementType('float32') });
      }
      case 'q8':
        return this.#dequantizedRows(weight, ids, row);
      default:
        return this.#dtype satisfies never;
    }
  }

  /** (byte − Q8_ZERO) · scale, of the asked rows only, without the padding of the last group. */
  #dequantizedRows(weight: string, ids: string, row: Parameters<OnnxGraph['node']>[3]): string {
    const columns = this.#specs.get(weight)!.shape[1]!;
    const bytes = this.#node('Gather', [`${weight}.q8`, ids], `${weight}.bytes`, row);
    const numbers = this.#node('Cast', [bytes], `${weight}.numbers`, { to: elementType('float32') });
    const zero = this.#graph.scalar('q8.zero', Q8_ZERO);
    const centred = this.#node('Sub', [numbers, zero], `${weight}.centred`);
    const scales = this.#node('Gather', [`${weight}.scale`, ids], `${weight}.scales`, row);
    const lastAxis = this.#graph.integers('axis.last', [-1]);
    const perGroup = this.#node('Unsqueeze', [scales, lastAxis], `${weight}.scales.wide`);
    const groups = this.#node('Mul', [centred, perGroup], `${weight}.groups`);
    const padded = this.#graph.integers('shape.padded', [-1, Math.ceil(columns / Q8_GROUP) * Q8_GROUP]);
    const flat = this.#node('Reshape', [groups, padded], `${weight}.flat`);
    const [start, end] = [this.#graph.integers('slice.start', [0]), this.#graph.integers('slice.end', [columns])];
    return this.#node('Slice', [flat, start, end, lastAxis], `${weight}.rows`);
  }

  #node(...[operator, inputs, out, attributes]: Node): string {
    this.#graph.node(operator, inputs, [out], attributes);
    return out;
  }
}

type Node = [operator: string, inputs: readonly string[], out: string, attributes?: Parameters<OnnxGraph['node']>[3]];
