import type { ModelConfig } from '../src/weights/model-config';
import { type Modulation, modulationBy } from './adaln';
import type { ReadTensor } from './bd3lm-tensors';

/**
 * The weights of a BD3-LM checkpoint under our names, in the order of `weightSpecs`, each row-major.
 *
 * The adaLN of the published models has a constant input, as they are not told the noise level. So each
 * norm's scale and shift become its weight and bias, and the gate of what it feeds scales the output rows
 * of that. `condition` is that input, or null for a checkpoint without adaLN.
 */
export async function* bd3lmWeights(
  read: ReadTensor,
  { layers, hiddenSize }: ModelConfig,
  condition: Float32Array | null,
): AsyncGenerator<readonly [name: string, numbers: Float32Array]> {
  const modulation = modulationBy(read, condition, hiddenSize);
  yield ['embedding.weight', await read('backbone.vocab_embed.embedding')];
  for (let layer = 0; layer < layers; layer++) {
    const [ours, theirs] = [`layers.${layer}`, `backbone.blocks.${layer}`];
    const [attention, mlp] = await modulation(`${theirs}.adaLN_modulation`);
    yield [`${ours}.norm1.weight`, scaled(await read(`${theirs}.norm1.weight`), attention)];
    yield [`${ours}.norm1.bias`, attention.shift];
    yield [`${ours}.attention.qkv.weight`, await read(`${theirs}.attn_qkv.weight`)];
    yield [`${ours}.attention.out.weight`, gated(await read(`${theirs}.attn_out.weight`), attention)];
    yield [`${ours}.norm2.weight`, scaled(await read(`${theirs}.norm2.weight`), mlp)];
    yield [`${ours}.norm2.bias`, mlp.shift];
    yield [`${ours}.mlp.up.weight`, await read(`${theirs}.mlp.0.weight`)];
    yield [`${ours}.mlp.up.bias`, await read(`${theirs}.mlp.0.bias`)];
    yield [`${ours}.mlp.down.weight`, gated(await read(`${theirs}.mlp.2.weight`), mlp)];
    yield [`${ours}.mlp.down.bias`, gated(await read(`${theirs}.mlp.2.bias`), mlp)];
  }
  const [final] = await modulation('backbone.output_layer.adaLN_modulation');
  yield ['final_norm.weight', scaled(await read('backbone.output_layer.norm_final.weight'), final)];
  yield ['final_norm.bias', final.shift];
  yield ['head.weight', await read('backbone.output_layer.linear.weight')];
  yield ['head.bias', await read('backbone.output_layer.linear.bias')];
}

/** weight · (1 + scale), feature by feature. */
function scaled(weight: Float32Array, { scale }: Modulation): Float32Array {
  return weight.map((value, feature) => value * (1 + scale[feature]!));
}

/** The output rows of a matrix, or the numbers of a bias, times the gate of their feature. */
function gated(numbers: Float32Array, { gate }: Modulation): Float32Array {
  const columns = numbers.length / gate.length;
  return numbers.map((value, index) => value * gate[Math.floor(index / columns)]!);
}
