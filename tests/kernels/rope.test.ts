import { describe, it } from 'vitest';
import type { BufferSlice } from '../../src/gpu/buffers';
import { rope } from '../../src/kernels/rope';
import { rope as referenceRope } from '../reference/rope';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { randomArray } from './numbers';
import { downloadRing, fromPairs, uploadRing } from './pairs';
import { ROPE_CASES, turnsOfSlots } from './rope-cases';

/** One product and one sum of numbers below 2. */
const TOLERANCE = { atol: 1e-6, rtol: 1e-6 };

/** What is stored in f16 is rounded to 11 bits. */
const CACHE_TOLERANCE = { f32: TOLERANCE, f16: { atol: 1e-6, rtol: 2 ** -11 } };

const { device, pipelines, buffers } = await kernelDevice();

describe.each(['f32', 'f16'] as const)('a cache of %s', (cache) => {
  it.each(ROPE_CASES)('rope: %s', async (_, shape) => {
    const hidden = shape.heads * shape.headSize;
    const qkv = randomArray(shape.rows * 3 * hidden, 1);
    const keys = randomArray(shape.ring * hidden, 2);
    const values = randomArray(shape.ring * hidden, 3);
    const [keyRing, valueRing] = [keys, values].map((ring) => uploadRing(device, buffers, ring, shape.headSize, cache));
    const slices = {
      pass: uploadPass(device, buffers, shape),
      qkv: upload(device, buffers, 'qkv', qkv),
      turns: upload(device, buffers, 'turns', turnsOfSlots(shape)),
      q: buffers.storage('q', shape.rows * hidden * 4),
      keys: keyRing!.slice,
      values: valueRing!.slice,
    };
    runKernels(device, [rope(pipelines, 'rope', { ...shape, cache }, slices), shape.rows]);
    const q = new Float32Array(await download(device, buffers, slices.q), 0, shape.rows * hidden);
    const ring = (slice: BufferSlice) =>
      downloadRing(device, buffers, slice, shape.ring * hidden, shape.headSize, cache);

    // The reference writes its ring in place; slots of other rows must be as they were.
    const [heldKeys, heldValues] = [keyRing!.held, valueRing!.held];
    expectClose(fromPairs(q, shape.headSize), referenceRope(shape, qkv, heldKeys, heldValues), TOLERANCE);
    expectClose(await ring(slices.keys), heldKeys, CACHE_TOLERANCE[cache]);
    expectClose(await ring(slices.values), heldValues, CACHE_TOLERANCE[cache]);
  });
});
