import { Float16Array } from '@petamoriken/float16';
import type { WeightDtype } from '../../src/model/format/packing';
import type { ModelSource } from '../../src/model/source/model-source';
import { readWeights } from '../../src/model/source/read-weights';
import { numbersOf, tensorsOf } from '../../src/network/network';
import { dequantize } from './dequantize';
import type { Weights } from './uncached';

/** The weights of a model folder as f32, whatever they are stored as, by their names. */
export async function folderWeights(source: ModelSource): Promise<Weights> {
  const weights = new Map(
    tensorsOf(source.config.network).map((weight) => [weight.name, new Float32Array(numbersOf(weight))]),
  );
  for await (const { data, parts } of readWeights(source)) {
    for (const part of parts) {
      const [values, scales] = part.tensors.map(({ offset, bytes }) => data.buffer.slice(offset, offset + bytes));
      if ('vector' in part) {
        weights.get(part.vector.name)!.set(new Float32Array(values!));
        continue;
      }
      const { matrix, dtype, firstRow } = part;
      weights.get(matrix.name)!.set(decoded(values!, scales, matrix.columns, dtype), firstRow * matrix.columns);
    }
  }
  return weights;
}

function decoded(
  values: ArrayBuffer,
  scales: ArrayBuffer | undefined,
  columns: number,
  dtype: WeightDtype,
): Float32Array {
  if (dtype === 'f32') return new Float32Array(values);
  if (dtype === 'f16') return Float32Array.from(new Float16Array(values));
  return dequantize(new Uint8Array(values), new Float32Array(scales!), columns, dtype);
}
