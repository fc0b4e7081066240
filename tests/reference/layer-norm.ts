/** (x − mean) / √(variance + epsilon) · weight + bias over the columns of each row, in f64. x and y [rows, columns]. */
export function layerNorm(x: Float32Array, weight: Float32Array, bias: Float32Array, epsilon: number): Float32Array {
  const columns = weight.length;
  const y = new Float32Array(x.length);
  for (let row = 0; row < x.length; row += columns) {
    let mean = 0;
    for (let column = 0; column < columns; column++) mean += x[row + column]! / columns;
    let variance = 0;
    for (let column = 0; column < columns; column++) variance += (x[row + column]! - mean) ** 2 / columns;
    for (let column = 0; column < columns; column++) {
      const normed = (x[row + column]! - mean) / Math.sqrt(variance + epsilon);
      y[row + column] = normed * weight[column]! + bias[column]!;
    }
  }
  return y;
}
