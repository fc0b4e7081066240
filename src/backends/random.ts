/**
 * A counter-based random generator: the number is a pure function of its counters, so a draw does not
 * depend on the order of draws or on how they are spread over GPU invocations. `shaders/sample.wgsl`
 * has the same function.
 *
 * Source: pcg4d of Jarzynski and Olano, "Hash Functions for GPU Rendering", JCGT 9 (2020).
 */

/** What a random number is for; keeps draws at the same counters apart. */
export const STREAM = { token: 0, order: 1, time: 2 } as const;

/** Uniform in [0, 1), a multiple of 2⁻²⁴. Counters are taken modulo 2³². */
export function uniform(seed: number, stream: number, pass: number, position: number): number {
  let x = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  let y = (Math.imul(stream, 1664525) + 1013904223) >>> 0;
  let z = (Math.imul(pass, 1664525) + 1013904223) >>> 0;
  let w = (Math.imul(position, 1664525) + 1013904223) >>> 0;
  for (let round = 0; round < 2; round++) {
    x = (x + Math.imul(y, w)) >>> 0;
    y = (y + Math.imul(z, x)) >>> 0;
    z = (z + Math.imul(x, y)) >>> 0;
    w = (w + Math.imul(y, z)) >>> 0;
    if (round === 0) {
      x = (x ^ (x >>> 16)) >>> 0;
      y = (y ^ (y >>> 16)) >>> 0;
      z = (z ^ (z >>> 16)) >>> 0;
      w = (w ^ (w >>> 16)) >>> 0;
    }
  }
  return (x >>> 8) * 2 ** -24;
}
