export interface MatmulCase {
  /** Rows of x. */
  readonly rows: number;
  /** Rows of the weights. */
  readonly features: number;
  readonly columns: number;
  readonly epilogue: 'none' | 'gelu' | 'add';
}

export function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

/**
 * epilogue(x · weightsᵀ + bias), in f64: x [rows, columns], weights [features, columns], bias [features].
 * Returns [rows, features]; `before` is what y held, which 'add' adds to.
 */
export function matmul(
  { rows, features, columns, epilogue }: MatmulCase,
  x: Float32Array,
  weights: Float32Array,
  bias: Float32Array | undefined,
  before: Float32Array,
): Float32Array {
  const y = new Float32Array(rows * features);
  for (let row = 0; row < rows; row++) {
    for (let feature = 0; feature < features; feature++) {
      let sum = bias?.[feature] ?? 0;
      for (let column = 0; column < columns; column++) {
        sum += x[row * columns + column]! * weights[feature * columns + column]!;
      }
      const at = row * features + feature;
      if (epilogue === 'gelu') sum = geluTanh(sum);
      if (epilogue === 'add') sum += before[at]!;
      y[at] = sum;
    }
  }
  return y;
}
