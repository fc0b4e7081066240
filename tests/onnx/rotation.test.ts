import { describe, expect, it } from 'vitest';
import { rotate, rotationMatrix, rotationSize } from '../../src/onnx/rotation';
import { largestDifference } from '../backends/difference';

const numbers = (count: number) => Float64Array.from({ length: count }, (_, i) => Math.sin(3 * i) + (i === 5 ? 40 : 0));

describe('turning features before they are rounded', () => {
  it('takes the largest power of two up to 64 that divides them', () => {
    expect([576, 1536, 96, 40, 10, 7, 1].map(rotationSize)).toEqual([64, 64, 32, 8, 2, 1, 1]);
  });

  it.each([1, 2, 4, 8, 16, 32, 64])('runs of %i: twice is the same numbers, times the size', (size) => {
    const x = numbers(3 * size);
    const turned = x.slice();
    rotate(turned, size);
    rotate(turned, size);
    expect(
      largestDifference(
        turned,
        x.map((number) => number * size),
      ),
    ).toBeLessThan(1e-10);
  });

  it.each([2, 8, 64])('runs of %i: the matrix is its inverse, so that products stay', (size) => {
    const turned = numbers(size);
    rotate(turned, size);
    const matrix = rotationMatrix(size);
    const back = Float64Array.from({ length: size }, (_, column) =>
      turned.reduce((sum, number, row) => sum + number * matrix[row * size + column]!, 0),
    );
    expect(largestDifference(back, numbers(size))).toBeLessThan(1e-10);
  });

  it('spreads what one feature has over its run', () => {
    const x = numbers(64);
    rotate(x, 64);
    expect(Math.max(...x.map(Math.abs)) / Math.sqrt(64)).toBeLessThan(40 / 4);
  });
});
