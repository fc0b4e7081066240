import { Float16Array } from '@petamoriken/float16';
import { quantize } from '../../src/convert/quantize';
import { dtypeOf, matrixTensors, type Packing, vectorTensor } from '../../src/model/format/packing';
import { isMatrix, type Matrix, type Network, tensorsOf } from '../../src/network/network';
import type { PlacedTensor, StoredPart, WeightsFile } from '../../src/onnx/stored-rows';
import type { Weights } from '../reference/uncached';

/** Weights as a model folder has them, in files of one part each; matrices in parts of at most `rowsAPart` rows. */
export async function* weightsFiles(
  network: Network,
  packing: Packing,
  weights: Weights,
  rowsAPart = Number.POSITIVE_INFINITY,
): AsyncGenerator<WeightsFile, void> {
  for (const weight of tensorsOf(network)) {
    const numbers = weights.get(weight.name)!;
    if (!isMatrix(weight)) {
      yield file([numbers], (tensors) => ({ vector: weight, tensors }), [vectorTensor(weight)]);
      continue;
    }
    const dtype = dtypeOf(weight, network, packing);
    for (let firstRow = 0, number = 0; firstRow < weight.rows; firstRow += rowsAPart, number++) {
      const rows = Math.min(rowsAPart, weight.rows - firstRow);
      const part = { matrix: weight, dtype, firstRow, rows, number: rows === weight.rows ? null : number };
      const of = numbers.slice(firstRow * weight.columns, (firstRow + rows) * weight.columns);
      yield file(stored(weight, dtype, of), (tensors) => ({ ...part, tensors }), matrixTensors(part));
    }
  }
}

function stored({ columns }: Matrix, dtype: Packing['dtype'], numbers: Float32Array): ArrayBufferView[] {
  if (dtype === 'f32') return [numbers];
  if (dtype === 'f16') return [new Uint16Array(new Float16Array(numbers).buffer as ArrayBuffer)];
  const { bytes, scales } = quantize(numbers, columns, dtype);
  return [bytes, scales];
}

function file(
  arrays: readonly ArrayBufferView[],
  part: (tensors: PlacedTensor[]) => StoredPart,
  tensors: readonly { name: string; type: PlacedTensor['type']; shape: readonly number[] }[],
): WeightsFile {
  const bytes = arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  const offsets = bytes.map((_, i) => bytes.slice(0, i).reduce((sum, each) => sum + each.length, 0));
  const placed = tensors.map((tensor, i) => ({ ...tensor, offset: offsets[i]!, bytes: bytes[i]!.length }));
  return { path: 'weights', data: Uint8Array.from(Buffer.concat(bytes)), parts: [part(placed)] };
}
