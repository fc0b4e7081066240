import { Float16Array } from '@petamoriken/float16';
import type { BufferSlice, Buffers } from '../../src/gpu/buffers';
import type { CacheDtype } from '../../src/kernels/kv-cache';
import { download, upload } from './device-arrays';

/** [rows, heads, headSize] as the kernels hold q, k and v: [rows, heads, headSize / 2] pairs of features i and i + headSize / 2. */
export function toPairs(numbers: Float32Array, headSize: number): Float32Array<ArrayBuffer> {
  return numbers.map((_, at) => numbers[placeOfPair(at, headSize)]!) as Float32Array<ArrayBuffer>;
}

/** The way back. */
export function fromPairs(numbers: Float32Array, headSize: number): Float32Array<ArrayBuffer> {
  const natural = new Float32Array(numbers.length);
  for (const [at, number] of numbers.entries()) natural[placeOfPair(at, headSize)] = number;
  return natural;
}

/** Where the number that is `at` among the pairs stands in the head's own order. */
function placeOfPair(at: number, headSize: number): number {
  const inHead = at % headSize;
  return at - inHead + Math.floor(inHead / 2) + (inHead % 2) * (headSize / 2);
}

/** A ring of keys or values [slots, heads, headSize] in a cache of that dtype; also as the cache holds it, in f32. */
export function uploadRing(
  device: GPUDevice,
  buffers: Buffers,
  numbers: Float32Array,
  headSize: number,
  dtype: CacheDtype,
): { readonly slice: BufferSlice; readonly held: Float32Array<ArrayBuffer> } {
  const pairs = toPairs(numbers, headSize);
  if (dtype === 'f32') return { slice: upload(device, buffers, 'ring', pairs), held: Float32Array.from(numbers) };
  const halves = new Float16Array(pairs);
  const words = new Uint32Array(Math.ceil(halves.length / 2));
  new Uint16Array(words.buffer).set(new Uint16Array(halves.buffer));
  return { slice: upload(device, buffers, 'ring', words), held: fromPairs(Float32Array.from(halves), headSize) };
}

/** What such a ring holds: `length` numbers. */
export async function downloadRing(
  device: GPUDevice,
  buffers: Buffers,
  slice: BufferSlice,
  length: number,
  headSize: number,
  dtype: CacheDtype,
): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await download(device, buffers, slice);
  const pairs =
    dtype === 'f32' ? new Float32Array(bytes, 0, length) : Float32Array.from(new Float16Array(bytes, 0, length));
  return fromPairs(pairs, headSize);
}
