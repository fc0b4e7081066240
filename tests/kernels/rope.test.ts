import { expect, it } from 'vitest';
import { rope } from '../../src/kernels/rope';
import { rope as referenceRope } from '../reference/rope';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { randomArray } from './numbers';
import { ROPE_CASES, turnsOfSlots } from './rope-cases';

/** One product and one sum of numbers below 2. */
const TOLERANCE = { atol: 1e-6, rtol: 1e-6 };

const { device, pipelines, buffers } = await kernelDevice();

it.each(ROPE_CASES)('rope: %s', async (_, shape) => {
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
