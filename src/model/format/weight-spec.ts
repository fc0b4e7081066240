import type { WeightDtype } from './manifest';
import type { ModelConfig } from './model-config';

/**
 * The weights of a model folder: their names, shapes and bytes. The exporter writes what this file
 * says, and both backends read it. All norms have a weight and a bias and all projections that can
 * carry a folded adaLN shift or gate have one too, so a model with adaLN and one without run the same
 * kernels (biases that a checkpoint lacks are zeros).
 *
 * Matrices are [rows, columns] = [output features, input features], row-major; y = x · Wᵀ.
 *
 * | dtype | a matrix is stored as |
 * |---|---|
 * | f32 | one initializer `name`, float32 [rows, columns] |
 * | f16 | one initializer `name`, float16 [rows, columns] |
 * | q8  | `name`.q8, uint8 [rows, groups, 32], and `name`.scale, float32 [rows, groups], where groups = ⌈columns / 32⌉: value = (byte − 128) · scale; padding bytes are 128. This is MatMulNBits with bits = 8, block_size = 32 and no zero points. |
 * | q4  | `name`.q4, uint8 [rows, groups, 16], and `name`.scale, float32 [rows, groups]: two weights a byte, the first in its low four bits; value = (four bits − 8) · scale; padding bits are 8. This is MatMulNBits with bits = 4. |
 *
 * Vectors are float32 [size] in every dtype.
 */
export interface WeightSpec {
  /** `layers.0.attention.qkv.weight` */
  readonly name: string;
  /** [rows, columns] for a matrix, [size] for a vector. */
  readonly shape: readonly number[];
}

/** The dtypes whose weights share scales. */
export type QuantizedDtype = 'q8' | 'q4';

/** Columns that share one scale. */
export const SCALE_GROUP = 32;
/** What stands for 0: a byte of q8, four bits of q4. */
export const ZERO_LEVEL = { q8: 128, q4: 8 } as const satisfies Record<QuantizedDtype, number>;
/** Bytes of a group. */
export const GROUP_BYTES = { q8: 32, q4: 16 } as const satisfies Record<QuantizedDtype, number>;

/** Every weight of a model with this config, in the order in which they are stored. */
export function weightSpecs(config: ModelConfig): WeightSpec[] {
  const { vocabSize, hiddenSize, mlpSize } = config;
  const specs: WeightSpec[] = [{ name: 'embedding.weight', shape: [vocabSize, hiddenSize] }];
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `layers.${layer}`;
    specs.push(
      { name: `${prefix}.norm1.weight`, shape: [hiddenSize] },
      { name: `${prefix}.norm1.bias`, shape: [hiddenSize] },
      { name: `${prefix}.attention.qkv.weight`, shape: [3 * hiddenSize, hiddenSize] },
      { name: `${prefix}.attention.out.weight`, shape: [hiddenSize, hiddenSize] },
      { name: `${prefix}.norm2.weight`, shape: [hiddenSize] },
      { name: `${prefix}.norm2.bias`, shape: [hiddenSize] },
      { name: `${prefix}.mlp.up.weight`, shape: [mlpSize, hiddenSize] },
      { name: `${prefix}.mlp.up.bias`, shape: [mlpSize] },
      { name: `${prefix}.mlp.down.weight`, shape: [hiddenSize, mlpSize] },
      { name: `${prefix}.mlp.down.bias`, shape: [hiddenSize] },
    );
  }
  specs.push(
    { name: 'final_norm.weight', shape: [hiddenSize] },
    { name: 'final_norm.bias', shape: [hiddenSize] },
    { name: 'head.weight', shape: [vocabSize, hiddenSize] },
    { name: 'head.bias', shape: [vocabSize] },
  );
  return specs;
}

/** One initializer of the ONNX files: a weight, or half of one. */
export interface StoredTensor {
  readonly name: string;
  readonly type: 'float32' | 'float16' | 'uint8';
  readonly shape: readonly number[];
}

const TYPE_BYTES = { float32: 4, float16: 2, uint8: 1 } as const satisfies Record<StoredTensor['type'], number>;

/** The bytes of a stored tensor. */
export function byteLength({ type, shape }: StoredTensor): number {
  return shape.reduce((product, size) => product * size, TYPE_BYTES[type]);
}

/** The initializers that store a weight at a dtype. */
export function storedTensors(spec: WeightSpec, dtype: WeightDtype): StoredTensor[] {
  const [rows, columns] = spec.shape;
  if (rows === undefined || columns === undefined || dtype === 'f32') {
    return [{ name: spec.name, type: 'float32', shape: spec.shape }];
  }
  if (dtype === 'f16') return [{ name: spec.name, type: 'float16', shape: spec.shape }];
  const groups = Math.ceil(columns / SCALE_GROUP);
  return [
    { name: `${spec.name}.${dtype}`, type: 'uint8', shape: [rows, groups, GROUP_BYTES[dtype]] },
    { name: `${spec.name}.scale`, type: 'float32', shape: [rows, groups] },
  ];
}

/** The initializers of a whole model, in the order of its weights. */
export function modelTensors(config: ModelConfig, dtype: WeightDtype): StoredTensor[] {
  return weightSpecs(config).flatMap((spec) => storedTensors(spec, dtype));
}

/** Bytes of all weights of a model, without padding. */
export function weightsLength(config: ModelConfig, dtype: WeightDtype): number {
  return modelTensors(config, dtype).reduce((sum, tensor) => sum + byteLength(tensor), 0);
}
