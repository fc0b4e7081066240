import type { TensorReader } from './bd3lm-tensors';

/** Sinusoids that embed a noise level, in the authors' code. */
export const TIMESTEP_FREQUENCIES = 256;

/** What adaLN does to one norm and to the output of what follows it, [hidden] each. */
export interface Modulation {
  readonly shift: Float32Array;
  readonly scale: Float32Array;
  readonly gate: Float32Array;
}

/** The input of every adaLN layer [condition size]: silu(MLP(sinusoids of noise level 0)). */
export async function constantCondition({ whole }: TensorReader): Promise<Float32Array> {
  // Cosines of 0, then its sines.
  const sinusoids = new Float32Array(TIMESTEP_FREQUENCIES).fill(1, 0, TIMESTEP_FREQUENCIES / 2);
  const linear = async (name: string, x: Float32Array) =>
    times(await whole(`${name}.weight`), x, await whole(`${name}.bias`));
  const inner = (await linear('backbone.sigma_map.mlp.0', sinusoids)).map(silu);
  return (await linear('backbone.sigma_map.mlp.2', inner)).map(silu);
}

/**
 * Reads the modulations of an adaLN layer by its name: two of a transformer block (attention, MLP), one of
 * the output layer, which has no gate. Without a condition every modulation leaves things as they are.
 */
export function modulationBy({ whole }: TensorReader, condition: Float32Array | null, hiddenSize: number) {
  const constant = (value: number) => new Float32Array(hiddenSize).fill(value);
  const identity: Modulation = { shift: constant(0), scale: constant(0), gate: constant(1) };
  return async (name: string): Promise<[Modulation, Modulation]> => {
    if (!condition) return [identity, identity];
    const numbers = times(await whole(`${name}.weight`), condition, await whole(`${name}.bias`));
    const third = (from: number): Modulation => {
      const part = (index: number) => numbers.subarray((from + index) * hiddenSize, (from + index + 1) * hiddenSize);
      return { shift: part(0), scale: part(1), gate: part(2) };
    };
    return [third(0), third(3)];
  };
}

/** matrix [bias.length, x.length] · x + bias, summed in f64. */
function times(matrix: Float32Array, x: Float32Array, bias: Float32Array): Float32Array {
  return bias.map((start, row) =>
    x.reduce((sum, value, column) => sum + matrix[row * x.length + column]! * value, start),
  );
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}
