import { GROUP_BYTES, type QuantizedDtype, SCALE_GROUP, ZERO_LEVEL } from '../src/weights/weight-spec';

/** What the number of largest magnitude in a group of q4 is, in steps. Where it is less than −8, it is cut to that. */
const Q4_EXTREMES = [-6.5, -7, -7.25, -7.5, -7.75, -8, -8.5, -9];

/** The scale of a group, by its up to 32 numbers. */
const SCALE_OF: Record<QuantizedDtype, (values: Float32Array) => number> = {
  // The largest magnitude becomes ±127, so that the error of a number is at most half the scale.
  q8: (values) => Math.abs(extremeOf(values)) / 127,
  q4: leastLossScale,
};

/** A matrix [rows, columns], row-major, as the bytes and scales that `weight-spec.ts` tells of. */
export function quantize(
  numbers: Float32Array,
  columns: number,
  dtype: QuantizedDtype,
): { bytes: Uint8Array; scales: Float32Array } {
  const rows = numbers.length / columns;
  const groups = Math.ceil(columns / SCALE_GROUP);
  const bytes = new Uint8Array(rows * groups * GROUP_BYTES[dtype]);
  const scales = new Float32Array(rows * groups);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const from = row * columns + group * SCALE_GROUP;
      const values = numbers.subarray(from, Math.min(from + SCALE_GROUP, (row + 1) * columns));
      const at = row * groups + group;
      scales[at] = SCALE_OF[dtype](values);
      const levels = new Uint8Array(SCALE_GROUP).fill(ZERO_LEVEL[dtype]);
      for (const [index, value] of values.entries()) levels[index] = levelOf(value, scales[at]!, ZERO_LEVEL[dtype]);
      bytes.set(dtype === 'q4' ? pairs(levels) : levels, at * GROUP_BYTES[dtype]);
    }
  }
  return { bytes, scales };
}

/** Of the scales that make the largest magnitude one of `Q4_EXTREMES`, that with the least sum of squared errors. */
function leastLossScale(values: Float32Array): number {
  const extreme = extremeOf(values);
  if (extreme === 0) return 0;
  let best = 0;
  let leastLoss = Number.POSITIVE_INFINITY;
  for (const steps of Q4_EXTREMES) {
    // Rounded as it will be stored.
    const scale = Math.fround(extreme / steps);
    let loss = 0;
    for (const value of values) {
      const error = value - (levelOf(value, scale, ZERO_LEVEL.q4) - ZERO_LEVEL.q4) * scale;
      loss += error * error;
    }
    if (loss < leastLoss) [best, leastLoss] = [scale, loss];
  }
  return best;
}

/** The number of largest magnitude, with its sign. */
function extremeOf(values: Float32Array): number {
  let extreme = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  return extreme;
}

/** The level nearest to a number; levels are from 0 to 2 · zero − 1. */
function levelOf(value: number, scale: number, zero: number): number {
  return Math.max(0, Math.min(2 * zero - 1, zero + Math.round(value / (scale || 1))));
}

/** Levels below 16 two a byte, the first in its low bits. */
function pairs(levels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: levels.length / 2 }, (_, at) => levels[2 * at]! | (levels[2 * at + 1]! << 4));
}
