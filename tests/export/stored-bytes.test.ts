import { Float16Array } from '@petamoriken/float16';
import { expect, it } from 'vitest';
import { storedBytes } from '../../export/stored-bytes';
import { Q8_GROUP, Q8_ZERO } from '../../src/weights/weight-spec';
import { randomArray } from '../kernels/numbers';

it('vectors are f32 at every dtype', () => {
  const numbers = Float32Array.of(1, 1e-30, 1e30);
  for (const dtype of ['f32', 'f16', 'q8'] as const) {
    const [bytes, ...others] = storedBytes({ name: 'bias', shape: [3] }, numbers, dtype);
    expect(others).toEqual([]);
    expect([...new Float32Array(bytes!.slice().buffer)]).toEqual([...numbers]);
  }
});

it('f16 rounds to the nearest, and refuses what it cannot hold', () => {
  const spec = { name: 'w', shape: [1, 3] };
  const [bytes] = storedBytes(spec, Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, -65504), 'f16');
  // Halfway goes to the even one.
  expect([...new Float16Array(bytes!.slice().buffer)]).toEqual([1, 1 + 2 ** -9, -65504]);
  expect(() => storedBytes(spec, Float32Array.of(0, 70_000, 0), 'f16')).toThrow('w holds 70000, too large for f16');
});

it.each([
  [3, 32],
  [2, 70],
  [1, 1],
])('q8 of [%i, %i] is off by at most half a step of its group, and pads with zeros', (rows, columns) => {
  const numbers = randomArray(rows * columns, 4).map((x, index) => x * 10 ** (index % 3));
  const [bytes, scaleBytes] = storedBytes({ name: 'w', shape: [rows, columns] }, numbers, 'q8');
  const scales = new Float32Array(scaleBytes!.slice().buffer);
  const groups = Math.ceil(columns / Q8_GROUP);
  expect(bytes).toHaveLength(rows * groups * Q8_GROUP);
  expect(scales).toHaveLength(rows * groups);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < groups * Q8_GROUP; column++) {
      const group = row * groups + Math.floor(column / Q8_GROUP);
      const steps = bytes![group * Q8_GROUP + (column % Q8_GROUP)]! - Q8_ZERO;
      if (column >= columns) expect(steps).toBe(0);
      else {
        const error = Math.abs(steps * scales[group]! - numbers[row * columns + column]!);
        expect(error).toBeLessThanOrEqual(scales[group]! * 0.50001);
      }
    }
  }
});

it('q8 of zeros is zeros', () => {
  const [bytes, scales] = storedBytes({ name: 'w', shape: [1, 2] }, new Float32Array(2), 'q8');
  expect([...bytes!]).toEqual(Array(Q8_GROUP).fill(Q8_ZERO));
  expect([...scales!]).toEqual([0, 0, 0, 0]);
});
