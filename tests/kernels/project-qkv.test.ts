import { describe, expect, it } from 'vitest';
import type { BufferSlice } from '../../src/gpu/buffers';
import type { CacheDtype } from '../../src/kernels/kv-cache';
import type { Lanes } from '../../src/kernels/lanes';
import type { Matrix } from '../../src/kernels/matrix';
import { projectQkv } from '../../src/kernels/project-qkv';
import { projectQkv as referenceProjectQkv } from '../reference/project-qkv';
import type { RopeCase } from '../reference/rope';
import { expectClose } from './compare';
import { download, runKernels, upload, uploadPass } from './device-arrays';
import { kernelDevice } from './kernel-device';
import { DTYPES, uploadMatrix } from './matrices';
import { randomArray } from './numbers';
import { downloadRing, fromPairs, uploadRing } from './pairs';
import { ROPE_CASES, turnsOfSlots } from './rope-cases';

/** Sums of up to 128 products of size 1 in f32, against f64, and one turn of what is rounded to f32. */
const TOLERANCE = { atol: 2e-5, rtol: 1e-5 };

/** What is stored in f16 is rounded to 11 bits. */
const HALVES = { atol: 2e-5, rtol: 2 ** -10 };

const { device, pipelines, buffers } = await kernelDevice();

/** Those whose rows of weights are whole fours, and more about tiles of rows and heads that fours straddle. */
const CASES: readonly (readonly [name: string, shape: RopeCase])[] = [
  ...ROPE_CASES.filter(([, { heads, headSize }]) => (heads * headSize) % 4 === 0),
  ['an odd half', { rows: 6, position: 4, ring: 12, heads: 6, headSize: 2, base: 100 }],
  ['17 rows', { rows: 17, position: 17, ring: 34, heads: 2, headSize: 6, base: 10_000 }],
  ['32 rows over the end of the ring', { rows: 32, position: 40, ring: 48, heads: 4, headSize: 16, base: 10_000 }],
];

async function project(
  shape: RopeCase,
  { lanes, dtype, cache = 'f32' }: { lanes: Lanes; dtype: Matrix['dtype']; cache?: CacheDtype },
  x: Float32Array<ArrayBuffer>,
) {
  const hidden = shape.heads * shape.headSize;
  const { matrix, stored } = uploadMatrix(device, buffers, randomArray(3 * hidden * hidden, 4), hidden, dtype);
  const keys = randomArray(shape.ring * hidden, 2);
  const values = randomArray(shape.ring * hidden, 3);
  // One row more than the pass has, which must stay as it is.
  const before = randomArray((shape.rows + 1) * hidden, 5);
  const [keyRing, valueRing] = [keys, values].map((ring) => uploadRing(device, buffers, ring, shape.headSize, cache));
  const slices = {
    pass: uploadPass(device, buffers, shape),
    x: upload(device, buffers, 'x', x),
    weights: matrix,
    turns: upload(device, buffers, 'turns', turnsOfSlots(shape)),
    q: upload(device, buffers, 'q', before),
    keys: keyRing!.slice,
    values: valueRing!.slice,
  };
  runKernels(device, [projectQkv(pipelines, 'qkv', { ...shape, lanes, cache }, slices), shape.rows]);
  const ring = (slice: BufferSlice) => downloadRing(device, buffers, slice, keys.length, shape.headSize, cache);
  const pairs = new Float32Array(await download(device, buffers, slices.q), 0, before.length);
  const computed = {
    q: fromPairs(pairs, shape.headSize),
    keys: await ring(slices.keys),
    values: await ring(slices.values),
  };
  const q = fromPairs(before, shape.headSize);
  const held = { keys: keyRing!.held, values: valueRing!.held };
  // The reference writes its ring in place; slots of other rows must be as they were.
  q.set(referenceProjectQkv(shape, x, stored, held.keys, held.values));
  return { computed, expected: { q, ...held } };
}

describe.each([1, 8] as const)('%i lanes', (lanes) => {
  describe.each(DTYPES)('%s', (dtype) => {
    it.each(CASES)('project qkv: %s', async (_, shape) => {
      const x = randomArray(shape.rows * shape.heads * shape.headSize, 1);
      const { computed, expected } = await project(shape, { lanes, dtype }, x);
      expectClose(computed.q, expected.q, TOLERANCE);
      expectClose(computed.keys, expected.keys, TOLERANCE);
      expectClose(computed.values, expected.values, TOLERANCE);
    });
  });

  it.each(CASES)('into an f16 cache: %s', async (_, shape) => {
    const x = randomArray(shape.rows * shape.heads * shape.headSize, 1);
    const { computed, expected } = await project(shape, { lanes, dtype: 'f32', cache: 'f16' }, x);
    expectClose(computed.q, expected.q, TOLERANCE);
    expectClose(computed.keys, expected.keys, HALVES);
    expectClose(computed.values, expected.values, HALVES);
  });

  it('a NaN in x makes its row NaN and no other', async () => {
    const shape = { rows: 6, position: 0, ring: 8, heads: 2, headSize: 6, base: 10_000 };
    const x = randomArray(shape.rows * 12, 1);
    x[2 * 12 + 1] = Number.NaN;
    const { computed, expected } = await project(shape, { lanes, dtype: 'q8' }, x);
    expect([...computed.q.subarray(2 * 12, 3 * 12)]).toEqual(Array(12).fill(Number.NaN));
    expectClose(computed.q, expected.q, TOLERANCE);
    expectClose(computed.keys, expected.keys, TOLERANCE);
    expectClose(computed.values, expected.values, TOLERANCE);
  });
});
