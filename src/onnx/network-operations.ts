import type { WeightDtype } from '../model/format/manifest';
import type { ModelConfig } from '../network/model-config';
import { type QuantizedDtype, SCALE_GROUP, type WeightSpec, ZERO_LEVEL } from '../model/format/weight-spec';
import { type Attribute, ELEMENT_TYPES, type GraphBuilder } from './graph';

/**
 * The network's operations as ONNX nodes. Values are [rows, features]; every operation is named after the
 * weight it uses and returns the name of its result.
 */
export class NetworkOperations {
  readonly #graph: GraphBuilder;
  readonly #config: ModelConfig;
  readonly #dtype: WeightDtype;
  readonly #specs: ReadonlyMap<string, WeightSpec>;

  constructor(graph: GraphBuilder, config: ModelConfig, dtype: WeightDtype, specs: readonly WeightSpec[]) {
    this.#graph = graph;
    this.#config = config;
    this.#dtype = dtype;
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    const { hiddenSize } = config;
    graph.integers('shape.rows', [-1, hiddenSize]);
    graph.integers('shape.batch.qkv', [1, -1, 3 * hiddenSize]);
    graph.integers('thirds', [hiddenSize, hiddenSize, hiddenSize]);
    graph.integers('first.position', [0]);
    if (dtype === 'q8' || dtype === 'q4') {
      graph.scalar(`${dtype}.zero`, ZERO_LEVEL[dtype]);
      graph.integers('axis.last', [-1]);
    }
    if (dtype === 'q4') {
      graph.bytes('nibble.shifts', [0, 4]);
      graph.bytes('nibble.mask', [15]);
      graph.integers('shape.groups', [0, 0, SCALE_GROUP]);
    }
  }

  /** Rows of `embedding.weight`. */
  embedding(ids: string): string {
    return this.#rows('embedding.weight', ids);
  }

  layerNorm(name: string, x: string): string {
    const inputs = [x, `${name}.weight`, `${name}.bias`];
    const attributes = { axis: { int: -1 }, epsilon: { float: Math.fround(this.#config.normEpsilon) } };
    return this.#node('LayerNormalization', inputs, `${name}.out`, attributes);
  }

  /** x · Wᵀ + b of `name`.weight and, where the model has one, `name`.bias. */
  linear(name: string, x: string): string {
    const weight = `${name}.weight`;
    const bias = this.#specs.has(`${name}.bias`) ? `${name}.bias` : '';
    return this.#node('Gemm', [x, this.#matrix(weight), bias], `${name}.out`, { transB: { int: 1 } });
  }

  gelu(name: string, x: string): string {
    return this.#node('Gelu', [x], name, { approximate: { text: 'tanh' } });
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
    this.#graph.node('Split', [batch, 'thirds'], thirds, { axis: { int: 2 } });
    const q = this.#rope(`${name}.q`, `${name}.q.turned`);
    this.#rope(`${name}.k`, keys);
    const allKeys = this.#node('Concat', [`past_keys.${layer}`, keys], `${name}.keys`, { axis: { int: 1 } });
    const allValues = this.#node('Concat', [`past_values.${layer}`, values], `${name}.values`, { axis: { int: 1 } });
    const attended = this.#node(
      'com.microsoft.MultiHeadAttention',
      [q, allKeys, allValues, '', '', 'bias'],
      `${name}.attended.batch`,
      { num_heads: { int: heads } },
    );
    return this.#node('Reshape', [attended, 'shape.rows'], `${name}.attended`);
  }

  #rope(x: string, out: string): string {
    return this.#node('com.microsoft.RotaryEmbedding', [x, 'first.position', 'cos', 'sin'], out);
  }

  /** A whole matrix as f32. It depends on no input, so that onnxruntime computes it once, as it loads the graph. */
  #matrix(weight: string): string {
    switch (this.#dtype) {
      case 'f32':
        return weight;
      case 'f16':
        return this.#node('Cast', [weight], `${weight}.f32`, { to: { int: ELEMENT_TYPES.float32 } });
      case 'q8':
      case 'q4':
        return this.#dequantized(weight, this.#dtype, `${weight}.${this.#dtype}`, `${weight}.scale`, `${weight}.f32`);
      default:
        return this.#dtype satisfies never;
    }
  }

  /** The asked rows of a matrix as f32. */
  #rows(weight: string, ids: string): string {
    const gather = (stored: string) => this.#node('Gather', [stored, ids], `${stored}.rows`, { axis: { int: 0 } });
    switch (this.#dtype) {
      case 'f32':
        return gather(weight);
      case 'f16':
        return this.#node('Cast', [gather(weight)], `${weight}.rows.f32`, { to: { int: ELEMENT_TYPES.float32 } });
      case 'q8':
      case 'q4': {
        const [bytes, scales] = [gather(`${weight}.${this.#dtype}`), gather(`${weight}.scale`)];
        return this.#dequantized(weight, this.#dtype, bytes, scales, `${weight}.rows`);
      }
      default:
        return this.#dtype satisfies never;
    }
  }

  /**
   * (level − zero level) · scale of the bytes and scales [rows, groups] that `weight-spec.ts` tells of, without the
   * last group's padding.
   */
  #dequantized(weight: string, dtype: QuantizedDtype, bytes: string, scales: string, out: string): string {
    const columns = this.#specs.get(weight)!.shape[1]!;
    const levels = dtype === 'q4' ? this.#nibbles(bytes, out) : bytes;
    const numbers = this.#node('Cast', [levels], `${out}.numbers`, { to: { int: ELEMENT_TYPES.float32 } });
    const centred = this.#node('Sub', [numbers, `${dtype}.zero`], `${out}.centred`);
    const perGroup = this.#node('Unsqueeze', [scales, 'axis.last'], `${out}.scales`);
    const groups = this.#node('Mul', [centred, perGroup], `${out}.groups`);
    const padded = Math.ceil(columns / SCALE_GROUP) * SCALE_GROUP;
    const shape = this.#graph.integers(`${out}.shape`, [-1, padded]);
    if (padded === columns) return this.#node('Reshape', [groups, shape], out);
    const flat = this.#node('Reshape', [groups, shape], `${out}.flat`);
    const [start, end] = [this.#graph.integers(`${out}.start`, [0]), this.#graph.integers(`${out}.end`, [columns])];
    return this.#node('Slice', [flat, start, end, 'axis.last'], out);
  }

  /** The halves of bytes [rows, groups, 16], low ones first, as bytes [rows, groups, 32]. */
  #nibbles(bytes: string, out: string): string {
    const apart = this.#node('Unsqueeze', [bytes, 'axis.last'], `${out}.bytes`);
    const shifted = this.#node('BitShift', [apart, 'nibble.shifts'], `${out}.shifted`, {
      direction: { text: 'RIGHT' },
    });
    const pairs = this.#node('BitwiseAnd', [shifted, 'nibble.mask'], `${out}.pairs`);
    return this.#node('Reshape', [pairs, 'shape.groups'], `${out}.levels`);
  }

  #node(
    operator: string,
    inputs: readonly string[],
    out: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    this.#graph.node(operator, inputs, [out], attributes);
    return out;
  }
}
