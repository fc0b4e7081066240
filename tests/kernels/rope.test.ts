import { expect, it } from 'vitest';
import { rope, ropeTurns } from '../../src/kernels/rope';
import { type RopeCase, rope as referenceRope } from '../reference/rope';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { randomArray } from './numbers';

/** One product and one sum of numbers below 2. */
const TOLERANCE = { atol: 1e-6, rtol: 1e-6 };

const { device, pipelines, buffers } = await kernelDevice();

const CASES: readonly (readonly [name: string, shape: RopeCase])[] = [
  ['first row', { rows: 1, position: 0, ring: 4, heads: 1, headSize: 2, base: 10_000 }],
  ['block of 3', { rows: 3, position: 3, ring: 9, heads: 2, headSize: 6, base: 10_000 }],
  ['wrapped ring', { rows: 4, position: 36, ring: 32, heads: 4, headSize: 16, base: 500 }],
  ['block over the end of the ring', { rows: 5, position: 13, ring: 15, heads: 3, headSize: 50, base: 10_000 }],
  ['a full ring far into the text', { rows: 40, position: 1_000_000, ring: 40, heads: 1, headSize: 128, base: 10_000 }],
];

/** [ring, headSize / 2] turns: those of the rows in their slots, NaN in all others. */
function turnsOfSlots({ position, rows, ring, headSize, base }: RopeCase): Float32Array<ArrayBuffer> {
  const slots = new Float32Array(ring * headSize).fill(Number.NaN);
  for (let row = 0; row < rows; row++) {
    slots.set(ropeTurns(position + row, 1, headSize, base), ((position + row) % ring) * headSize);
  }
  return slots;
}

it.each(CASES)('rope: %s', async (_, shape) => {
  const hidden = shape.heads * shape.headSize;
  const qkv = randomArray(shape.rows * 3 * hidden, 1);
  const keys = randomArray(shape.ring * hidden, 2);
  const values = randomArray(shape.ring * hidden, 3);
  const slices = {
    pass: uploadPass(device, buffers, shape),
    qkv: upload(device, buffers, 'qkv', qkv),
    turns: upload(device, buffers, 'turns', turnsOfSlots(shape)),
    q: buffers.storage('q', shape.rows * hidden * 4),
    keys: upload(device, buffers, 'keys', keys),
    values: upload(device, buffers, 'values', values),
  };
  runKernels(device, [rope(pipelines, 'rope', shape, slices), shape.rows]);
  const read = async (name: 'q' | 'keys' | 'values', length: number) =>
    new Float32Array(await download(device, buffers, slices[name]), 0, length);

  expectClose(await read('q', shape.rows * hidden), referenceRope(shape, qkv, keys, values), TOLERANCE);
  // The reference wrote its ring in place; slots of other rows must be as they were.
  expectClose(await read('keys', keys.length), keys, TOLERANCE);
  expect(await read('values', values.length)).toEqual(values);
});
