import {
  type Attention,
  cacheWidth,
  type Linear,
  type Matrix,
  type Mlp,
  type Norm,
  queryWidth,
} from '../network/network';
import type { CpuDtypes } from './cpu-dtypes';
import { type Attribute, ELEMENT_TYPES, type GraphBuilder } from './graph';
import { rotationMatrix, rotationSize } from './rotation';

/**
 * A network's operations as ONNX nodes for the CPU. Values are [rows, features] where nothing else is said; every
 * operation is named after the weight it uses and returns the name of its result.
 */
export class NetworkOperations {
  readonly #graph: GraphBuilder;
  readonly #dtypeOf: CpuDtypes;
  readonly #constants = new Set<string>();

  constructor(graph: GraphBuilder, dtypeOf: CpuDtypes) {
    this.#graph = graph;
    this.#dtypeOf = dtypeOf;
  }

  /** Over the last axis. */
  norm({ kind, weight, bias, epsilon }: Norm, x: string): string {
    const out = `${weight.name}.out`;
    const attributes = { axis: { int: -1 }, epsilon: { float: Math.fround(epsilon) } };
    if (kind === 'layer') return this.#node('LayerNormalization', [x, weight.name, bias?.name ?? ''], out, attributes);
    const scaled = this.#node('SimplifiedLayerNormalization', [x, weight.name], `${out}.scaled`, attributes);
    return bias ? this.add(scaled, bias.name, out) : scaled;
  }

  /** x · Wᵀ + b. */
  linear({ weight, bias }: Linear, x: string): string {
    const out = `${weight.name}.out`;
    if (this.#dtypeOf(weight) === 'f32') {
      return this.#node('Gemm', [x, weight.name, bias?.name ?? ''], out, { transB: { int: 1 } });
    }
    const product = this.#quantizedProduct(weight, x);
    return bias ? this.add(product, bias.name, out) : product;
  }

  /** What stands between an MLP's projections. Where it is gated, `up` gives all gates before all values. */
  activation({ activation, up, down }: Mlp, x: string): string {
    const out = `${up.weight.name}.activation`;
    if (activation === 'gelu-tanh') return this.#node('Gelu', [x], out, { approximate: { text: 'tanh' } });
    const [gate, value] = this.#split(x, [down.weight.columns, down.weight.columns], [`${out}.gate`, `${out}.value`]);
    // gate · sigmoid(1 · gate)
    const silu = this.#node('com.microsoft.QuickGelu', [gate!], `${out}.silu`, { alpha: { float: 1 } });
    return this.#node('Mul', [silu, value!], out);
  }

  add(x: string, y: string, out: string): string {
    return this.#node('Add', [x, y], out);
  }

  /**
   * Attention of the rows of qkv: writes their keys and values to their slots, and lets each row attend to every slot
   * by its bias. `layerGraph` has the inputs and outputs whose names stand here.
   */
  attention(attention: Attention, qkv: string): string {
    const { heads, kvHeads, headSize, headNorm, out } = attention;
    const name = out.weight.name;
    const widths = [queryWidth(attention), cacheWidth(attention), cacheWidth(attention)];
    const [q, k, v] = this.#split(qkv, widths, [`${name}.q`, `${name}.k`, `${name}.v`]);
    const queries = this.#headsFirst(this.#rope(q!, heads, headSize, headNorm?.q ?? null));
    const keys = this.#headsFirst(this.#rope(k!, kvHeads, headSize, headNorm?.k ?? null));
    const values = this.#headsFirst(this.#reshape(v!, [-1, kvHeads, headSize]));
    this.#node('ScatterND', ['past_keys', 'slots', keys], 'keys');
    this.#node('ScatterND', ['past_values', 'slots', values], 'values');
    // Query heads that share a key head lie one after the other, so they multiply it together.
    const grouped = this.#reshape(queries, [kvHeads, -1, headSize]);
    const scale = { float: Math.fround(1 / Math.sqrt(headSize)) };
    const scores = this.#node('com.microsoft.FusedMatMul', [grouped, 'keys'], `${name}.scores`, {
      alpha: scale,
      transB: { int: 1 },
    });
    const seen = this.add(this.#reshape(scores, [heads, -1, SAME]), 'bias', `${name}.seen`);
    const shares = this.#node('Softmax', [seen], `${name}.shares`, { axis: { int: -1 } });
    const sums = this.#node('MatMul', [this.#reshape(shares, [kvHeads, -1, SAME]), 'values'], `${name}.attended`);
    return this.#reshape(this.#headsFirst(this.#reshape(sums, [heads, -1, headSize])), [-1, queryWidth(attention)]);
  }

  /** [rows, heads, headSize] of x [rows, heads · headSize], each head normed where there is a norm, and turned. */
  #rope(x: string, heads: number, headSize: number, norm: Norm | null): string {
    const normed = norm ? this.norm(norm, this.#reshape(x, [-1, heads, headSize])) : x;
    const batch = this.#reshape(normed, [1, -1, heads * headSize]);
    const inputs = [batch, this.#integers([0]), 'cos', 'sin'];
    const turned = this.#node('com.microsoft.RotaryEmbedding', inputs, `${x}.turned`);
    return this.#reshape(turned, [-1, heads, headSize]);
  }

  /**
   * x · Wᵀ by bytes: x is turned as the weight is (`rotation.ts`), then a row becomes
   * round(127 · x / its largest magnitude) + 128.
   */
  #quantizedProduct(weight: Matrix, input: string): string {
    const at = (part: string) => `${weight.name}.${part}`;
    const x = this.#rotated(weight, input);
    const magnitudes = this.#node('Abs', [x], at('magnitudes'));
    const largest = this.#node('ReduceMax', [magnitudes, this.#integers([1])], at('largest'));
    // ReduceMax passes over what is no number. Such a sum is none either, and nor is a product of it with 0.
    const sum = this.#node('ReduceSum', [magnitudes, this.#integers([1])], at('sum'));
    const nothing = this.#node('Mul', [sum, this.#scalar('none', 0)], at('nothing'));
    // A row of zeros is divided by something too.
    const least = this.#node('Add', [nothing, this.#scalar('least', 1e-30)], at('least'));
    const divisor = this.#node('Add', [largest, least], at('divisor'));
    const steps = this.#node('Div', [this.#scalar('levels', 127), divisor], at('steps'));
    const rounded = this.#node('Round', [this.#node('Mul', [x, steps], at('scaled'))], at('rounded'));
    const centred = this.#node('Add', [rounded, this.#scalar('centre', 128)], at('centred'));
    const bytes = this.#node('Cast', [centred], at('bytes'), { to: { int: ELEMENT_TYPES.uint8 } });
    const sums = this.#node('MatMulInteger', [bytes, weight.name, this.#byte('zero', 128)], at('sums'));
    const floats = this.#node('Cast', [sums], at('floats'), { to: { int: ELEMENT_TYPES.float32 } });
    const scaled = this.#node('Mul', [floats, at('scale')], at('products'));
    return this.#node('Div', [scaled, steps], at('out.product'));
  }

  #rotated({ name, columns }: Matrix, x: string): string {
    const size = rotationSize(columns);
    if (size === 1) return x;
    const matrix = this.#constant(`rotation.${size}`, (constant) => {
      this.#graph.floats(constant, [size, size], rotationMatrix(size));
    });
    const runs = this.#node('Reshape', [x, this.#integers([-1, size])], `${name}.runs`);
    return this.#reshape(this.#node('MatMul', [runs, matrix], `${name}.rotated`), [-1, columns]);
  }

  #headsFirst(x: string): string {
    return this.#node('Transpose', [x], `${x}.heads`, { perm: { ints: [1, 0, 2] } });
  }

  #split(x: string, sizes: readonly number[], parts: readonly string[]): readonly string[] {
    this.#graph.node('Split', [x, this.#integers(sizes)], parts, { axis: { int: 1 } });
    return parts;
  }

  #reshape(x: string, shape: readonly number[]): string {
    return this.#node('Reshape', [x, this.#integers(shape)], `${x}.as.${shape.join('x')}`);
  }

  #integers(values: readonly number[]): string {
    return this.#constant(`integers.${values}`, (name) => this.#graph.integers(name, values));
  }

  #scalar(name: string, value: number): string {
    return this.#constant(name, () => this.#graph.scalar(name, value));
  }

  #byte(name: string, value: number): string {
    return this.#constant(name, () => this.#graph.byte(name, value));
  }

  #constant(name: string, make: (name: string) => void): string {
    if (!this.#constants.has(name)) make(name);
    this.#constants.add(name);
    return name;
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

/** In a shape: the size of the same axis before. */
const SAME = 0;
