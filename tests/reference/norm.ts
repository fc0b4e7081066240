export interface NormCase {
  readonly kind: 'layer' | 'rms';
  readonly weight: Float32Array;
  readonly bias?: Float32Array | undefined;
  readonly epsilon: number;
}

/**
 * (x − mean) / √(variance + epsilon) · weight + bias over the columns of each row, in f64; RMS norm takes 0 for the
 * mean. x and y [rows, columns].
 */
export function norm({ kind, weight, bias, epsilon }: NormCase, x: Float32Array): Float32Array {
  const columns = weight.length;
  const y = new Float32Array(x.length);
  for (let row = 0; row < x.length; row += columns) {
    let mean = 0;
    if (kind === 'layer') for (let column = 0; column < columns; column++) mean += x[row + column]! / columns;
    let variance = 0;
    for (let column = 0; column < columns; column++) variance += (x[row + column]! - mean) ** 2 / columns;
    for (let column = 0; column < columns; column++) {
      const normed = (x[row + column]! - mean) / Math.sqrt(variance + epsilon);
      y[row + column] = normed * weight[column]! + (bias?.[column] ?? 0);
    }
  }
  return y;
}
