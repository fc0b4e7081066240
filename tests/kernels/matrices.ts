import { Float16Array } from '@petamoriken/float16';
import { storedBytes } from '../../src/convert/stored-bytes';
import type { BufferSlice, Buffers } from '../../src/gpu/buffers';
import type { Matrix } from '../../src/kernels/matrix';
import { dequantize } from '../reference/dequantize';
import { upload } from './device-arrays';

export const DTYPES: readonly Matrix['dtype'][] = ['f32', 'f16', 'q8', 'q4'];

/**
 * Numbers [rows, columns] as a matrix on the GPU, in the bytes that the exporter writes, and the numbers
 * that these bytes stand for.
 */
export function uploadMatrix(
  device: GPUDevice,
  buffers: Buffers,
  numbers: Float32Array<ArrayBuffer>,
  columns: number,
  dtype: Matrix['dtype'],
): { matrix: Matrix; stored: Float32Array } {
  const [bytes, scaleBytes] = storedBytes({ name: 'matrix', columns }, dtype, numbers);
  const values = uploadBytes(device, buffers, 'values', bytes!);
  if (dtype === 'f32') return { matrix: { dtype, values }, stored: numbers };
  if (dtype === 'f16') return { matrix: { dtype, values }, stored: Float32Array.from(new Float16Array(numbers)) };
  const scales = new Float32Array(scaleBytes!.slice().buffer);
  const stored = dequantize(bytes!, scales, columns, dtype);
  return { matrix: { dtype, values, scales: upload(device, buffers, 'scales', scales) }, stored };
}

/** Bytes in a buffer of whole words. */
function uploadBytes(device: GPUDevice, buffers: Buffers, label: string, bytes: Uint8Array): BufferSlice {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return upload(device, buffers, label, words);
}
