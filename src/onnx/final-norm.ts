import type { Norm } from '../network/network';

/** The norm of a few rows x [rows, weight.length], in plain loops: the head runs on rows that are picked. */
export function finalNorm(
  { kind, epsilon }: Norm,
  { weight, bias }: { readonly weight: Float32Array; readonly bias: Float32Array | null },
  x: Float32Array,
): Float32Array {
  const width = weight.length;
  const out = new Float32Array(x.length);
  for (let first = 0; first < x.length; first += width) {
    let sum = 0;
    if (kind === 'layer') for (let i = 0; i < width; i++) sum += x[first + i]!;
    const mean = sum / width;
    let squares = 0;
    for (let i = 0; i < width; i++) squares += (x[first + i]! - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / width + epsilon);
    for (let i = 0; i < width; i++) {
      out[first + i] = (x[first + i]! - mean) * scale * weight[i]! + (bias ? bias[i]! : 0);
    }
  }
  return out;
}
