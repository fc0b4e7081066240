import { GROUP_BYTES, type QuantizedDtype, SCALE_GROUP, ZERO_LEVEL } from '../model/format/packing';

// Constants of this module: run in Node, each look at an imported one is a call, which is dear in a loop.
const GROUP = SCALE_GROUP;
const Q8_BYTES = GROUP_BYTES.q8;
const Q4_BYTES = GROUP_BYTES.q4;
const Q8_ZERO = ZERO_LEVEL.q8;
const Q4_ZERO = ZERO_LEVEL.q4;
const Q4_LARGEST = 2 * Q4_ZERO - 1;

/** What the number of largest magnitude in a group of q4 is, in steps. Where it is less than −8, it is cut to that. */
const Q4_EXTREMES = [-6, -7, -7.25, -7.5, -7.75, -8, -8.5, -9];

/** The group that is being quantised, with zeros for what a row's last group lacks. */
const group = new Float64Array(GROUP);

/** A matrix [rows, columns], row-major, as the bytes and scales that `packing.ts` tells of. */
export function quantize(
  numbers: Float32Array,
  columns: number,
  dtype: QuantizedDtype,
): { bytes: Uint8Array<ArrayBuffer>; scales: Float32Array<ArrayBuffer> } {
  const rows = numbers.length / columns;
  const groups = Math.ceil(columns / GROUP);
  const bytes = new Uint8Array(rows * groups * GROUP_BYTES[dtype]);
  const scales = new Float32Array(rows * groups);
  const isQ4 = dtype === 'q4';
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * columns;
    for (let from = row * columns; from < end; from += GROUP) {
      const size = Math.min(GROUP, end - from);
      for (let index = 0; index < size; index++) group[index] = numbers[from + index]!;
      for (let index = size; index < GROUP; index++) group[index] = 0;
      scales[at] = isQ4 ? leastLossScale() : Math.abs(extremeOfGroup()) / 127;
      if (isQ4) packQ4(bytes, at * Q4_BYTES, scales[at]!);
      else packQ8(bytes, at * Q8_BYTES, scales[at]!);
      at++;
    }
  }
  return { bytes, scales };
}

/** The number of largest magnitude, with its sign. */
function extremeOfGroup(): number {
  let extreme = 0;
  let most = 0;
  for (let index = 0; index < GROUP; index++) {
    const value = group[index]!;
    const size = value < 0 ? -value : value;
    if (size > most) {
      most = size;
      extreme = value;
    }
  }
  return extreme;
}

/** Levels nearest to the group's numbers at a scale that makes none larger than 127 steps; halves go up. */
function packQ8(bytes: Uint8Array, at: number, scale: number): void {
  const divisor = scale || 1;
  for (let index = 0; index < GROUP; index++) {
    bytes[at + index] = Math.floor(group[index]! / divisor + (Q8_ZERO + 0.5));
  }
}

/** Of the scales that make the largest magnitude one of `Q4_EXTREMES`, that with the least sum of squared errors. */
function leastLossScale(): number {
  const extreme = extremeOfGroup();
  let best = 0;
  let leastLoss = Number.POSITIVE_INFINITY;
  if (extreme === 0) return best;
  for (const steps of Q4_EXTREMES) {
    // Rounded as it will be stored.
    const scale = Math.fround(extreme / steps);
    const loss = q4Loss(scale, leastLoss);
    if (loss < leastLoss) {
      best = scale;
      leastLoss = loss;
    }
  }
  return best;
}

/** The sum of squared errors of the group at a scale; only part of it once that is `enough`. */
function q4Loss(scale: number, enough: number): number {
  const steps = stepsOf(scale);
  let loss = 0;
  for (let from = 0; from < GROUP && loss < enough; from += 8) {
    for (let index = from; index < from + 8; index++) {
      const value = group[index]!;
      const error = value - (q4Level(value * steps) - Q4_ZERO) * scale;
      loss += error * error;
    }
  }
  return loss;
}

function packQ4(bytes: Uint8Array, at: number, scale: number): void {
  const steps = stepsOf(scale);
  for (let index = 0; index < Q4_BYTES; index++) {
    bytes[at + index] = q4Level(group[2 * index]! * steps) | (q4Level(group[2 * index + 1]! * steps) << 4);
  }
}

/** How many steps 1 is; 0 where the scale is. */
function stepsOf(scale: number): number {
  return scale === 0 ? 0 : 1 / scale;
}

/** The nearest level of a number of at least −9 steps: what is then below the least one is cut towards 0. */
function q4Level(steps: number): number {
  return Math.min((steps + (Q4_ZERO + 0.5)) | 0, Q4_LARGEST);
}
