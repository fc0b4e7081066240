import { GROUP_BYTES, type QuantizedDtype, SCALE_GROUP, ZERO_LEVEL } from '../model/format/packing';

/** A constant of this module: run in Node, each look at an imported one is a call, which is dear in a loop. */
const Q4_ZERO = ZERO_LEVEL.q4;

/** What the number of largest magnitude in a group of q4 is, in steps. Where it is less than −8, it is cut to that. */
const Q4_EXTREMES = [-6.5, -7, -7.25, -7.5, -7.75, -8, -8.5, -9];

/** The scale of a group, which is the numbers from `from` to before `to`. */
const SCALE_OF: Record<QuantizedDtype, (numbers: Float32Array, from: number, to: number) => number> = {
  // The largest magnitude becomes ±127, so that the error of a number is at most half the scale.
  q8: (numbers, from, to) => Math.abs(extremeOf(numbers, from, to)) / 127,
  q4: leastLossScale,
};

/** A matrix [rows, columns], row-major, as the bytes and scales that `packing.ts` tells of. */
export function quantize(
  numbers: Float32Array,
  columns: number,
  dtype: QuantizedDtype,
): { bytes: Uint8Array; scales: Float32Array } {
  const rows = numbers.length / columns;
  const groups = Math.ceil(columns / SCALE_GROUP);
  const bytes = new Uint8Array(rows * groups * GROUP_BYTES[dtype]);
  const scales = new Float32Array(rows * groups);
  const levels = new Uint8Array(SCALE_GROUP);
  const zero = ZERO_LEVEL[dtype];
  for (let at = 0; at < scales.length; at++) {
    const row = Math.floor(at / groups);
    const from = row * columns + (at % groups) * SCALE_GROUP;
    const to = Math.min(from + SCALE_GROUP, (row + 1) * columns);
    scales[at] = SCALE_OF[dtype](numbers, from, to);
    levels.fill(zero, to - from);
    for (let index = from; index < to; index++) {
      levels[index - from] = levelOf(numbers[index]!, scales[at]! || 1, zero);
    }
    if (dtype === 'q4') packPairs(levels, bytes, at * GROUP_BYTES.q4);
    else bytes.set(levels, at * GROUP_BYTES.q8);
  }
  return { bytes, scales };
}

/** Of the scales that make the largest magnitude one of `Q4_EXTREMES`, that with the least sum of squared errors. */
function leastLossScale(numbers: Float32Array, from: number, to: number): number {
  const extreme = extremeOf(numbers, from, to);
  if (extreme === 0) return 0;
  let best = 0;
  let leastLoss = Number.POSITIVE_INFINITY;
  for (const steps of Q4_EXTREMES) {
    // Rounded as it will be stored.
    const scale = Math.fround(extreme / steps);
    const loss = lossOf(numbers, from, to, scale, leastLoss);
    if (loss < leastLoss) {
      best = scale;
      leastLoss = loss;
    }
  }
  return best;
}

/** The sum of squared errors of a group of q4 at a scale; only part of it once that is `enough`. */
function lossOf(numbers: Float32Array, from: number, to: number, scale: number, enough: number): number {
  const divisor = scale || 1;
  let loss = 0;
  for (let index = from; index < to && loss < enough; index++) {
    const value = numbers[index]!;
    const steps = Math.max(-Q4_ZERO, Math.min(Q4_ZERO - 1, nearest(value / divisor)));
    const error = value - steps * scale;
    loss += error * error;
  }
  return loss;
}

/** The number of largest magnitude, with its sign. */
function extremeOf(numbers: Float32Array, from: number, to: number): number {
  let extreme = 0;
  for (let index = from; index < to; index++) {
    const value = numbers[index]!;
    if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  }
  return extreme;
}

/** The level nearest to a number; levels are from 0 to 2 · zero − 1. */
function levelOf(value: number, scale: number, zero: number): number {
  return Math.max(0, Math.min(2 * zero - 1, zero + nearest(value / scale)));
}

/**
 * The nearest whole number, halves up. The same as Math.round for a quotient of two f32, which is never so little below
 * a half that adding one rounds to the next number; and half the time.
 */
function nearest(quotient: number): number {
  return Math.floor(quotient + 0.5);
}

/** Levels below 16 two a byte, the first in its low bits, from byte `at` on. */
function packPairs(levels: Uint8Array, bytes: Uint8Array, at: number): void {
  for (let index = 0; index < levels.length; index += 2) {
    bytes[at + index / 2] = levels[index]! | (levels[index + 1]! << 4);
  }
}
