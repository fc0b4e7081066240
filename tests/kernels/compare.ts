import { expect } from 'vitest';

/** A number may be off by atol + rtol · |expected|. */
export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** Fails with the worst index where a number is too far off, or NaN on one side only. */
export function expectClose(computed: Float32Array, expected: Float32Array, { atol, rtol }: Tolerance): void {
  expect(computed.length).toBe(expected.length);
  let worst = { index: -1, excess: 0 };
  for (let index = 0; index < expected.length; index++) {
    const reference = expected[index]!;
    const value = computed[index]!;
    if (Object.is(value, reference)) continue;
    const error = Math.abs(value - reference) / (atol + rtol * Math.abs(reference));
    const excess = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    if (excess > worst.excess) worst = { index, excess };
  }
  const { index, excess } = worst;
  expect(excess, `worst at ${index}: ${computed[index]}, expected ${expected[index]}`).toBeLessThanOrEqual(1);
}
