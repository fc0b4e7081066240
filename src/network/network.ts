/**
 * A network as plain data: what the WGSL trunk, the ONNX graph, the weight plan, size checks, memory advice and the
 * exporter all walk. A matrix is [rows, columns] = [output features, input features], row-major: y = x · Wᵀ.
 */
export interface Matrix {
  /** `layers.0.attention.qkv.weight` */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}

export interface Vector {
  /** `layers.0.norm1.weight` */
  readonly name: string;
  readonly size: number;
}

/** y = x · weightᵀ + bias. */
export interface Linear {
  readonly weight: Matrix;
  readonly bias: Vector | null;
}

/**
 * `layer`: (x − mean) / √(variance + epsilon) · weight + bias. `rms`: x / √(mean of x² + epsilon) · weight + bias.
 */
export interface Norm {
  readonly kind: 'layer' | 'rms';
  readonly weight: Vector;
  readonly bias: Vector | null;
  readonly epsilon: number;
}

/**
 * Grouped-query attention with rotary position embedding: query head h reads key/value head
 * ⌊h / (heads / kvHeads)⌋. Its output projection is added to the residual stream.
 */
export interface Attention {
  /** Of the residual stream, before `qkv`. */
  readonly norm: Norm;
  /** Rows of all heads of q, then of k, then of v: (heads + 2 · kvHeads) · headSize. */
  readonly qkv: Linear;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  /** Features i and i + headSize / 2 of a head turn by the angle position · ropeBase^(−2i / headSize). */
  readonly ropeBase: number;
  /** Norms of each head of q and of k before RoPE, weights [headSize] (Qwen3). */
  readonly headNorm: { readonly q: Norm; readonly k: Norm } | null;
  /** [hidden, heads · headSize] */
  readonly out: Linear;
}

/** `gelu-tanh`: down(gelu(up(x))). `swiglu`: down(silu(gate) · value), where up's rows are gate 0, value 0, gate 1, … */
export interface Mlp {
  readonly norm: Norm;
  readonly up: Linear;
  readonly activation: 'gelu-tanh' | 'swiglu';
  readonly down: Linear;
}

export interface Layer {
  readonly attention: Attention;
  readonly mlp: Mlp;
}

export interface Network {
  /** [vocab, hidden] */
  readonly embedding: Matrix;
  readonly layers: readonly Layer[];
  readonly finalNorm: Norm;
  /** [vocab, hidden]; where it is tied its weight is `embedding` itself. */
  readonly head: Linear;
  /** What a clean row sees of its own block when its K and V are stored: all of it, or what is not after it. */
  readonly cleanAttention: 'block' | 'causal';
  /** Row i of a pass gives the logits of token i, or of token i + 1. */
  readonly predicts: 'own' | 'next';
}

/** Whether a clean pass over any ids gives what block size 1 predicts after each of them. */
export function isCleanPassAutoregressive({ cleanAttention, predicts }: Network): boolean {
  return cleanAttention === 'causal' && predicts === 'next';
}

export type Weight = Matrix | Vector;

export function isMatrix(weight: Weight): weight is Matrix {
  return 'rows' in weight;
}

/** Features of the residual stream. */
export function hiddenSize({ embedding }: Network): number {
  return embedding.columns;
}

/** Features of a layer's keys, and of its values. */
export function cacheWidth({ kvHeads, headSize }: Attention): number {
  return kvHeads * headSize;
}

/** Features of a layer's queries, and of what its attention gives. */
export function queryWidth({ heads, headSize }: Attention): number {
  return heads * headSize;
}

/** Keys and values of one token in all layers together. */
export function cacheNumbersPerToken({ layers }: Network): number {
  return layers.reduce((sum, { attention }) => sum + 2 * cacheWidth(attention), 0);
}

/** Every weight once, in the order in which they are stored. */
export function tensorsOf(network: Network): Weight[] {
  const weights: (Weight | null)[] = [network.embedding];
  const norm = (norm: Norm) => weights.push(norm.weight, norm.bias);
  const linear = (linear: Linear) => weights.push(linear.weight, linear.bias);
  for (const { attention, mlp } of network.layers) {
    norm(attention.norm);
    linear(attention.qkv);
    if (attention.headNorm) {
      norm(attention.headNorm.q);
      norm(attention.headNorm.k);
    }
    linear(attention.out);
    norm(mlp.norm);
    linear(mlp.up);
    linear(mlp.down);
  }
  norm(network.finalNorm);
  linear(network.head);
  return [...new Set(weights.filter((weight) => weight !== null))];
}

/** Numbers of all weights together. */
export function parametersOf(network: Network): number {
  return tensorsOf(network).reduce((sum, weight) => sum + numbersOf(weight), 0);
}

export function numbersOf(weight: Weight): number {
  return isMatrix(weight) ? weight.rows * weight.columns : weight.size;
}
