import { type ModelConfig, ringSize } from '../../src/network/model-config';
import type { Attention, Linear, Mlp, Network, Norm } from '../../src/network/network';
import { turn } from './rope';

/** Weights by the names of the network, each row-major. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** A text cut into blocks. */
export interface BlockedText {
  readonly ids: readonly number[];
  readonly blockSize: number;
  /** Tokens of a short first block; 0 where all are whole. */
  readonly shortBlock?: number;
  /** Where the block begins that is not clean, the last one; `ids.length` where there is none. */
  readonly noisedFrom: number;
}

/**
 * The network over a whole text at once, without any cache: raw logits [rows, vocab] of the last `rows` ids, by
 * predicted position. A row sees its own block, all of it or where clean attention is causal what is not after the row,
 * and as many tokens before the block as fit into the ring with it.
 *
 * That this is what a ring of cached keys and values computes is the point of it: a block's cached keys
 * were made when the block itself saw its own window, which is what each layer here does to each row.
 */
export function uncachedLogits(config: ModelConfig, weights: Weights, text: BlockedText, rows: number): Float32Array {
  const { network, vocabSize } = config;
  const stream = finalRows(config, weights, text);
  const shift = network.predicts === 'next' ? 1 : 0;
  const logits = new Float32Array(rows * vocabSize);
  for (let row = 0; row < rows; row++) {
    const x = stream[text.ids.length - rows + row - shift];
    const scores = x ? linear(weights, network.head, normalize(weights, network.finalNorm, x)) : [Number.NaN];
    logits.set(x ? scores : new Float32Array(vocabSize).fill(Number.NaN), row * vocabSize);
  }
  return logits;
}

/** What the layers give for each id, before the final norm. */
function finalRows(config: ModelConfig, weights: Weights, text: BlockedText): number[][] {
  const { network } = config;
  const { name, columns } = network.embedding;
  const embedding = weights.get(name)!;
  const stream = text.ids.map((id) => [...embedding.subarray(id * columns, (id + 1) * columns)]);
  const seen = seenBy(network, text, ringSize(config, text.blockSize));
  for (const { attention, mlp } of network.layers) {
    const qkv = stream.map((x) => linear(weights, attention.qkv, normalize(weights, attention.norm, x)));
    const attended = attend(weights, attention, qkv, seen);
    for (const [position, x] of stream.entries()) {
      add(x, linear(weights, attention.out, attended[position]!));
      const up = linear(weights, mlp.up, normalize(weights, mlp.norm, x));
      add(x, linear(weights, mlp.down, activate(mlp, up)));
    }
  }
  return stream;
}

/** The positions that each position sees. */
function seenBy({ cleanAttention }: Network, text: BlockedText, ring: number): number[][] {
  const { ids, blockSize, shortBlock = 0, noisedFrom } = text;
  return ids.map((_, position) => {
    const start = position < shortBlock ? 0 : position - ((position - shortBlock) % blockSize);
    const blockEnd = Math.min(start === 0 && shortBlock > 0 ? shortBlock : start + blockSize, ids.length);
    const isCausal = cleanAttention === 'causal' && position < noisedFrom;
    const end = isCausal ? position + 1 : blockEnd;
    return [...ids.keys()].filter((key) => key < end && key >= blockEnd - ring);
  });
}

/** qkv of each position [q of all heads, k, v] → [heads · headSize]. */
function attend(
  weights: Weights,
  { heads, kvHeads, headSize, ropeBase, headNorm }: Attention,
  qkv: readonly number[][],
  seen: readonly number[][],
): number[][] {
  const part = (position: number, head: number) => qkv[position]!.slice(head * headSize, (head + 1) * headSize);
  const normed = (norm: Norm | undefined, x: number[]) => (norm ? normalize(weights, norm, x) : x);
  const out = qkv.map(() => Array<number>(heads * headSize).fill(0));
  for (let head = 0; head < heads; head++) {
    const kvHead = Math.floor(head / (heads / kvHeads));
    const queries = qkv.map((_, at) => turn(normed(headNorm?.q, part(at, head)), at, ropeBase));
    const keys = qkv.map((_, at) => turn(normed(headNorm?.k, part(at, heads + kvHead)), at, ropeBase));
    for (const [position, q] of queries.entries()) {
      const shares = softmax(seen[position]!.map((key) => dot(q, keys[key]!) / Math.sqrt(headSize)));
      for (const [index, key] of seen[position]!.entries()) {
        for (const [d, v] of part(key, heads + kvHeads + kvHead).entries()) {
          out[position]![head * headSize + d]! += shares[index]! * v;
        }
      }
    }
  }
  return out;
}

function activate({ activation }: Mlp, up: readonly number[]): number[] {
  if (activation === 'gelu-tanh') return up.map(geluTanh);
  // gate 0, value 0, gate 1, …
  return Array.from({ length: up.length / 2 }, (_, i) => {
    const gate = up[2 * i]!;
    return (gate / (1 + Math.exp(-gate))) * up[2 * i + 1]!;
  });
}

function normalize(weights: Weights, { kind, weight, bias, epsilon }: Norm, x: readonly number[]): number[] {
  const factors = weights.get(weight.name)!;
  const shifts = bias ? weights.get(bias.name)! : undefined;
  const mean = kind === 'layer' ? x.reduce((a, b) => a + b) / x.length : 0;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map(
    (value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * factors[i]! + (shifts ? shifts[i]! : 0),
  );
}

/** weight [rows, x.length] · x + bias */
function linear(weights: Weights, { weight, bias }: Linear, x: readonly number[]): number[] {
  const matrix = weights.get(weight.name)!;
  const shifts = bias ? weights.get(bias.name)! : undefined;
  return Array.from({ length: weight.rows }, (_, row) => {
    let sum = shifts ? shifts[row]! : 0;
    for (let column = 0; column < x.length; column++) sum += matrix[row * x.length + column]! * x[column]!;
    return sum;
  });
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function add(x: number[], y: ArrayLike<number>): void {
  for (let i = 0; i < x.length; i++) x[i]! += y[i]!;
}

function softmax(scores: readonly number[]): number[] {
  const peak = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - peak));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}

function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
