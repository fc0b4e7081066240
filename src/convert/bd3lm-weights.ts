import type { ModelConfig } from '../network/model-config';
import { type Modulation, modulationBy } from './adaln';
import type { TensorReader } from './bd3lm-tensors';

/** A weight's name and its numbers, row-major, in pieces of whole rows. Each piece must be used before the next is asked for. */
export type NamedWeight = readonly [name: string, pieces: AsyncIterable<Float32Array> | Iterable<Float32Array>];

/**
 * The weights of a BD3-LM checkpoint under our names, in the order of `weightSpecs`.
 *
 * The adaLN of the published models has a constant input, as they are not told the noise level. So each
 * norm's scale and shift become its weight and bias, and the gate of what it feeds scales the output rows
 * of that. `condition` is that input, or null for a checkpoint without adaLN.
 */
export async function* bd3lmWeights(
  read: TensorReader,
  { layers, hiddenSize, mlpSize }: ModelConfig,
  condition: Float32Array | null,
): AsyncGenerator<NamedWeight> {
  const modulation = modulationBy(read, condition, hiddenSize);
  yield ['embedding.weight', read.rows('backbone.vocab_embed.embedding')];
  for (let layer = 0; layer < layers; layer++) {
    const [ours, theirs] = [`layers.${layer}`, `backbone.blocks.${layer}`];
    const [attention, mlp] = await modulation(`${theirs}.adaLN_modulation`);
    yield [`${ours}.norm1.weight`, [scaled(await read.whole(`${theirs}.norm1.weight`), attention)]];
    yield [`${ours}.norm1.bias`, [attention.shift]];
    yield [`${ours}.attention.qkv.weight`, read.rows(`${theirs}.attn_qkv.weight`)];
    yield [`${ours}.attention.out.weight`, gatedRows(read.rows(`${theirs}.attn_out.weight`), attention, hiddenSize)];
    yield [`${ours}.norm2.weight`, [scaled(await read.whole(`${theirs}.norm2.weight`), mlp)]];
    yield [`${ours}.norm2.bias`, [mlp.shift]];
    yield [`${ours}.mlp.up.weight`, read.rows(`${theirs}.mlp.0.weight`)];
    yield [`${ours}.mlp.up.bias`, read.rows(`${theirs}.mlp.0.bias`)];
    yield [`${ours}.mlp.down.weight`, gatedRows(read.rows(`${theirs}.mlp.2.weight`), mlp, mlpSize)];
    yield [`${ours}.mlp.down.bias`, gatedRows(read.rows(`${theirs}.mlp.2.bias`), mlp, 1)];
  }
  const [final] = await modulation('backbone.output_layer.adaLN_modulation');
  yield ['final_norm.weight', [scaled(await read.whole('backbone.output_layer.norm_final.weight'), final)]];
  yield ['final_norm.bias', [final.shift]];
  yield ['head.weight', read.rows('backbone.output_layer.linear.weight')];
  yield ['head.bias', read.rows('backbone.output_layer.linear.bias')];
}

/** weight · (1 + scale), feature by feature. */
function scaled(weight: Float32Array, { scale }: Modulation): Float32Array {
  return weight.map((value, feature) => value * (1 + scale[feature]!));
}

/** The output rows of a matrix, or the numbers of a bias (one column), times the gate of their feature. */
async function* gatedRows(
  pieces: AsyncIterable<Float32Array>,
  { gate }: Modulation,
  columns: number,
): AsyncGenerator<Float32Array> {
  let feature = 0;
  for await (const piece of pieces) {
    for (let row = 0; row < piece.length; row += columns) {
      const factor = gate[feature++]!;
      for (let index = row; index < row + columns; index++) piece[index] = piece[index]! * factor;
    }
    yield piece;
  }
}
