import { describe, it } from 'vitest';
import type { BufferSlice } from '../../src/gpu/buffers';
import { rope } from '../../src/kernels/rope';
import { rope as referenceRope } from '../reference/rope';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { randomArray } from './numbers';
import { downloadRing, fromPairs, uploadRing } from './pairs';
import { ROPE_CASES, ropeTableOf } from './rope-cases';

/** One product and one sum of numbers below 2; with a head norm a sum of up to 128 squares, and a root. */
const TOLERANCE = { atol: 2e-6, rtol: 2e-6 };

/** What is stored in f16 is rounded to 11 bits. */
const CACHE_TOLERANCE = { f32: TOLERANCE, f16: { atol: 2e-6, rtol: 2 ** -11 } };
const EPSILON = 1e-5;

const { device, pipelines, buffers } = await kernelDevice();

describe.each([
  ['f32', 1, false],
  ['f32', 8, false],
  ['f16', 8, false],
  ['f32', 1, true],
  ['f32', 8, true],
  ['f16', 1, true],
] as const)('a cache of %s, %i lanes, head norm: %s', (cache, lanes, isNormed) => {
  it.each(ROPE_CASES)('rope: %s', async (_, shape) => {
    const { rows, ring, heads, kvHeads, headSize } = shape;
    const qkv = randomArray(rows * (heads + 2 * kvHeads) * headSize, 1);
    const ringSize = ring * kvHeads * headSize;
    const [keyRing, valueRing] = [2, 3].map((seed) =>
      uploadRing(device, buffers, randomArray(ringSize, seed), headSize, cache),
    );
    const headNorm = { q: randomArray(headSize, 4), k: randomArray(headSize, 5), epsilon: EPSILON };
    const slices = {
      pass: uploadPass(device, buffers, shape),
      qkv: upload(device, buffers, 'qkv', qkv),
      ropeTable: upload(device, buffers, 'ropeTable', ropeTableOf(shape)),
      q: buffers.storage('q', rows * heads * headSize * 4),
      keys: keyRing!.slice,
      values: valueRing!.slice,
      ...(isNormed && {
        headNorm: {
          q: upload(device, buffers, 'qNorm', headNorm.q),
          k: upload(device, buffers, 'kNorm', headNorm.k),
          epsilon: EPSILON,
        },
      }),
    };
    runKernels(device, [rope(pipelines, 'rope', { ...shape, cache, lanes }, slices), rows]);
    const q = new Float32Array(await download(device, buffers, slices.q), 0, rows * heads * headSize);
    const held = (slice: BufferSlice) => downloadRing(device, buffers, slice, ringSize, headSize, cache);

    // The reference writes its ring in place; slots of other rows must be as they were.
    const [keys, values] = [keyRing!.held, valueRing!.held];
    const expected = referenceRope(shape, qkv, keys, values, isNormed ? headNorm : undefined);
    expectClose(fromPairs(q, headSize), expected, TOLERANCE);
    expectClose(await held(slices.keys), keys, CACHE_TOLERANCE[cache]);
    expectClose(await held(slices.values), values, CACHE_TOLERANCE[cache]);
  });
});
