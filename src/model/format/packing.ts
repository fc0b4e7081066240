import { isMatrix, type Matrix, type Network, tensorsOf, type Vector, type Weight } from '../../network/network';

/**
 * How the weights of a model folder are stored, under the names of the network.
 *
 * | dtype | a matrix is stored as |
 * |---|---|
 * | f32 | one tensor `name`, float32 [rows, columns] |
 * | f16 | one tensor `name`, float16 [rows, columns] |
 * | q8  | `name`.q8, uint8 [rows, groups, 32], and `name`.scale, float32 [rows, groups], where groups = ⌈columns / 32⌉: value = (byte − 128) · scale; padding bytes are 128. |
 * | q4  | `name`.q4, uint8 [rows, groups, 16], and `name`.scale, float32 [rows, groups]: two weights a byte, the first in its low four bits; value = (four bits − 8) · scale; padding bits are 8. |
 *
 * Vectors are float32 [size] in every dtype. A matrix too large for a file is stored in parts of whole rows, whose
 * tensors have the part's number at the end of their names: `embedding.weight.q8.0`, `embedding.weight.scale.0`,
 * `embedding.weight.q8.1`, and so on. The tensors of a part are in one file.
 */
export type WeightDtype = 'f32' | 'f16' | 'q8' | 'q4';

/** The dtypes whose weights share scales. */
export type QuantizedDtype = 'q8' | 'q4';

export const WEIGHT_DTYPES: readonly WeightDtype[] = ['f32', 'f16', 'q8', 'q4'];

/** The dtypes of a model's matrices. */
export interface Packing {
  readonly dtype: WeightDtype;
  /** Of the embedding and the head. */
  readonly embeddingDtype: WeightDtype;
}

export function dtypeOf(matrix: Matrix, { embedding, head }: Network, packing: Packing): WeightDtype {
  return matrix === embedding || matrix === head.weight ? packing.embeddingDtype : packing.dtype;
}

/** Columns that share one scale. */
export const SCALE_GROUP = 32;
/** What stands for 0: a byte of q8, four bits of q4. */
export const ZERO_LEVEL = { q8: 128, q4: 8 } as const satisfies Record<QuantizedDtype, number>;
/** Bytes of a group. */
export const GROUP_BYTES = { q8: 32, q4: 16 } as const satisfies Record<QuantizedDtype, number>;

/** One tensor of a safetensors file. */
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

/** A matrix at a dtype, or some of its rows. */
export interface MatrixPart {
  readonly matrix: Matrix;
  readonly dtype: WeightDtype;
  readonly firstRow: number;
  readonly rows: number;
  /** Of the matrix, from 0; null for all of it. */
  readonly number: number | null;
}

/** The tensors that store a part of a matrix: its values, and for q8 and q4 its scales. */
export function matrixTensors({ matrix, dtype, rows, number }: MatrixPart): StoredTensor[] {
  const { name, columns } = matrix;
  const numbered = (tensor: string) => (number === null ? tensor : `${tensor}.${number}`);
  if (dtype === 'f32') return [{ name: numbered(name), type: 'float32', shape: [rows, columns] }];
  if (dtype === 'f16') return [{ name: numbered(name), type: 'float16', shape: [rows, columns] }];
  const groups = Math.ceil(columns / SCALE_GROUP);
  return [
    { name: numbered(`${name}.${dtype}`), type: 'uint8', shape: [rows, groups, GROUP_BYTES[dtype]] },
    { name: numbered(`${name}.scale`), type: 'float32', shape: [rows, groups] },
  ];
}

export function vectorTensor({ name, size }: Vector): StoredTensor {
  return { name, type: 'float32', shape: [size] };
}

/** The whole matrix as one part. */
export function wholeMatrix(matrix: Matrix, dtype: WeightDtype): MatrixPart {
  return { matrix, dtype, firstRow: 0, rows: matrix.rows, number: null };
}

/** The tensors of a weight that is stored whole. */
export function storedTensors(weight: Weight, network: Network, packing: Packing): StoredTensor[] {
  return isMatrix(weight)
    ? matrixTensors(wholeMatrix(weight, dtypeOf(weight, network, packing)))
    : [vectorTensor(weight)];
}

/** Bytes of all weights of a model, without headers and padding. */
export function weightsLength(network: Network, packing: Packing): number {
  return tensorsOf(network)
    .flatMap((weight) => storedTensors(weight, network, packing))
    .reduce((sum, tensor) => sum + byteLength(tensor), 0);
}
