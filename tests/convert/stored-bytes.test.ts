import { Float16Array } from '@petamoriken/float16';
import { expect, it } from 'vitest';
import { storedBytes } from '../../src/convert/stored-bytes';
import { GROUP_BYTES, type QuantizedDtype, SCALE_GROUP } from '../../src/model/format/packing';
import { randomArray } from '../kernels/numbers';
import { dequantize } from '../reference/dequantize';

it('f16 rounds to the nearest, and refuses what it cannot hold', () => {
  const matrix = { name: 'w', columns: 3 };
  const [bytes] = storedBytes(matrix, 'f16', Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, -65504));
  // Halfway goes to the even one.
  expect([...new Float16Array(bytes!.slice().buffer)]).toEqual([1, 1 + 2 ** -9, -65504]);
  expect(() => storedBytes(matrix, 'f16', Float32Array.of(0, 70_000, 0))).toThrow('w holds 70000, too large for f16');
});

/** Numbers of three sizes [rows, columns], stored and read again, with the bytes and the scale of each. */
function storedAndRead(rows: number, columns: number, dtype: QuantizedDtype) {
  const numbers = randomArray(rows * columns, 4).map((x, index) => x * 10 ** (index % 3));
  const [bytes, scaleBytes] = storedBytes({ name: 'w', columns }, dtype, numbers);
  const scales = new Float32Array(scaleBytes!.slice().buffer);
  const groups = Math.ceil(columns / SCALE_GROUP);
  expect(bytes).toHaveLength(rows * groups * GROUP_BYTES[dtype]);
  expect(scales).toHaveLength(rows * groups);
  const scaleOf = (index: number) =>
    scales[Math.floor(index / columns) * groups + Math.floor((index % columns) / SCALE_GROUP)]!;
  return { numbers, bytes: bytes!, scaleOf, read: dequantize(bytes!, scales, columns, dtype) };
}

const SHAPES = [
  [3, 32],
  [2, 70],
  [2, 33],
  [3, 34],
  [2, 5],
  [1, 1],
] as const;

it.each(SHAPES)('q8 of [%i, %i] is off by at most half a step of its group', (rows, columns) => {
  const { numbers, read, scaleOf } = storedAndRead(rows, columns, 'q8');
  for (const [index, number] of numbers.entries()) {
    expect(Math.abs(read[index]! - number)).toBeLessThanOrEqual(scaleOf(index) * 0.50001);
  }
});

it.each(SHAPES)('q4 of [%i, %i] takes the nearest of its 16 levels', (rows, columns) => {
  const { numbers, read, scaleOf } = storedAndRead(rows, columns, 'q4');
  for (const [index, number] of numbers.entries()) {
    const scale = scaleOf(index);
    const least = Math.min(...Array.from({ length: 16 }, (_, level) => Math.abs(number - (level - 8) * scale)));
    expect(Math.abs(read[index]! - number)).toBeLessThanOrEqual(least + Math.abs(scale) * 1e-5);
  }
});

/** The sum of squared errors of llama.cpp's q4_0: the number of largest magnitude becomes −8 steps. */
function plainLoss(values: readonly number[]): number {
  const scale = values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most)) / -8;
  return values.reduce((sum, value) => sum + (value - Math.min(7, Math.round(value / scale)) * scale) ** 2, 0);
}

it.each(SHAPES)('q4 of [%i, %i] loses no more than with the plain scale', (rows, columns) => {
  const { numbers, read } = storedAndRead(rows, columns, 'q4');
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column += SCALE_GROUP) {
      const start = row * columns + column;
      const values = [...numbers.subarray(start, row * columns + Math.min(column + SCALE_GROUP, columns))];
      const loss = values.reduce((sum, value, index) => sum + (value - read[start + index]!) ** 2, 0);
      // The plain numbers here are not rounded to f32.
      expect(loss).toBeLessThanOrEqual(plainLoss(values) * 1.000001 + 1e-9);
    }
  }
});

it('q4 has two weights a byte, the first in its low bits, in steps from −8', () => {
  const numbers = Float32Array.from({ length: 34 }, (_, index) => (index % 16) - 8);
  numbers.set([2, -16], 32);
  const [bytes, scaleBytes] = storedBytes({ name: 'w', columns: 34 }, 'q4', numbers);
  const sixteen = [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe];
  expect([...bytes!]).toEqual([...sixteen, ...sixteen, 0x09, ...Array(15).fill(0x88)]);
  expect([...new Float32Array(scaleBytes!.slice().buffer)]).toEqual([1, 2]);
});

it('the last group of a row is padded with zeros', () => {
  const wide = storedAndRead(1, 33, 'q8').bytes;
  expect([...wide.subarray(33)]).toEqual(Array(31).fill(0x80));
  const narrow = storedAndRead(1, 33, 'q4').bytes;
  expect(narrow[16]! >> 4).toBe(8);
  expect([...narrow.subarray(17)]).toEqual(Array(15).fill(0x88));
});

it.each([
  ['q8', 0x80],
  ['q4', 0x88],
] as const)('%s of zeros is zeros', (dtype, zeros) => {
  const [bytes, scales] = storedBytes({ name: 'w', columns: 2 }, dtype, new Float32Array(2));
  expect([...bytes!]).toEqual(Array(GROUP_BYTES[dtype]).fill(zeros));
  expect([...scales!]).toEqual([0, 0, 0, 0]);
});
