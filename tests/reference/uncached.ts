import { ringSize } from '../../src/backends/backend';
import type { ModelConfig } from '../../src/network/model-config';
import { turn } from './rope';

/** Weights by the names of `weight-spec.ts`, each row-major. */
export type Weights = ReadonlyMap<string, Float32Array>;

/**
 * The network over a whole text at once, without any cache: raw logits [rows, vocab] of the last `rows`
 * ids. Blocks see themselves, unmasked, and as many blocks before them as fit into the ring with them.
 *
 * That this is what a ring of cached keys and values computes is the point of it: a block's cached keys
 * were made when the block itself saw its own window, which is what each layer here does to each row.
 */
export function uncachedLogits(
  config: ModelConfig,
  weights: Weights,
  blockSize: number,
  ids: readonly number[],
  rows: number,
): Float32Array {
  const weight = (name: string): Float32Array => weights.get(name)!;
  const { hiddenSize, vocabSize } = config;
  const embedding = weight('embedding.weight');
  const stream = ids.map((id) => [...embedding.subarray(id * hiddenSize, (id + 1) * hiddenSize)]);
  for (let layer = 0; layer < config.layers; layer++) {
    const of = (name: string) => weight(`layers.${layer}.${name}`);
    const normed = stream.map((x) => layerNorm(config, x, of('norm1.weight'), of('norm1.bias')));
    const attended = attend(
      config,
      blockSize,
      normed.map((h) => times(of('attention.qkv.weight'), h)),
    );
    for (const [position, x] of stream.entries()) {
      add(x, times(of('attention.out.weight'), attended[position]!));
      const up = times(of('mlp.up.weight'), layerNorm(config, x, of('norm2.weight'), of('norm2.bias')));
      add(up, of('mlp.up.bias'));
      const down = times(of('mlp.down.weight'), up.map(geluTanh));
      add(down, of('mlp.down.bias'));
      add(x, down);
    }
  }
  const logits = new Float32Array(rows * vocabSize);
  for (const [row, x] of stream.slice(stream.length - rows).entries()) {
    const scores = times(
      weight('head.weight'),
      layerNorm(config, x, weight('final_norm.weight'), weight('final_norm.bias')),
    );
    add(scores, weight('head.bias'));
    logits.set(scores, row * vocabSize);
  }
  return logits;
}

/** qkv: for each position [3 · hidden] → [hidden], the heads beside each other. */
function attend(config: ModelConfig, blockSize: number, qkv: readonly number[][]): number[][] {
  const { heads, hiddenSize } = config;
  const headSize = hiddenSize / heads;
  const window = ringSize(config, blockSize) / blockSize;
  const blockOf = (position: number) => Math.floor(position / blockSize);
  const out = qkv.map(() => Array<number>(hiddenSize).fill(0));
  for (let head = 0; head < heads; head++) {
    const part = (which: number, position: number) => {
      const from = which * hiddenSize + head * headSize;
      return qkv[position]!.slice(from, from + headSize);
    };
    const turned = (which: number) => qkv.map((_, position) => turn(part(which, position), position, config.ropeBase));
    const [queries, keys] = [turned(0), turned(1)];
    for (const [position, q] of queries.entries()) {
      const seen = keys.flatMap((_, key) => {
        const distance = blockOf(position) - blockOf(key);
        return distance >= 0 && distance < window ? [key] : [];
      });
      const weights = softmax(seen.map((key) => dot(q, keys[key]!) / Math.sqrt(headSize)));
      for (const [index, key] of seen.entries()) {
        for (const [d, v] of part(2, key).entries()) out[position]![head * headSize + d]! += weights[index]! * v;
      }
    }
  }
  return out;
}

function layerNorm({ normEpsilon }: ModelConfig, x: readonly number[], weight: Float32Array, bias: Float32Array) {
  const mean = x.reduce((a, b) => a + b) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map((value, i) => ((value - mean) / Math.sqrt(variance + normEpsilon)) * weight[i]! + bias[i]!);
}

/** matrix [rows, x.length] · x */
function times(matrix: Float32Array, x: readonly number[]): number[] {
  return Array.from({ length: matrix.length / x.length }, (_, row) => {
    let sum = 0;
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
