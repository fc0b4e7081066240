import { STREAM, uniform } from '../../src/backends/random';
import { isMatrix, type Network, numbersOf, tensorsOf } from '../../src/network/network';
import type { Weights } from './uncached';

/** Weights drawn evenly from ±1.5/√columns, so that activations stay of size 1 or so; norms scale by 1 or so. */
export function randomWeights(network: Network, seed: number): Weights {
  return new Map(
    tensorsOf(network).map((weight, index) => {
      const spread = isMatrix(weight) ? 1.5 / Math.sqrt(weight.columns) : 0.2;
      const centre = /norm\d?\.weight$/.test(weight.name) ? 1 : 0;
      const draw = (_: unknown, i: number) => centre + spread * (2 * uniform(seed, STREAM.token, index, i) - 1);
      return [weight.name, Float32Array.from({ length: numbersOf(weight) }, draw)];
    }),
  );
}
