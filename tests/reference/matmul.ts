export interface MatmulCase {
  /** Rows of x. */
  readonly rows: number;
  /** Rows of the weights. */
  readonly features: number;
  readonly columns: number;
  readonly epilogue: 'none' | 'gelu' | 'add' | 'swiglu';
}

export function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/**
 * epilogue(x · weightsᵀ + bias), in f64: x [rows, columns], weights [features, columns], bias [features].
 * Returns [rows, features], of swiglu half as many: silu(product[2f]) · product[2f + 1]. `before` is what y held,
 * which 'add' adds to.
 */
export function matmul(
  { rows, features, columns, epilogue }: MatmulCase,
  x: Float32Array,
  weights: Float32Array,
  bias: Float32Array | undefined,
  before: Float32Array,
): Float32Array {
  const product = (row: number, feature: number): number => {
    let sum = bias?.[feature] ?? 0;
    for (let column = 0; column < columns; column++) {
      sum += x[row * columns + column]! * weights[feature * columns + column]!;
    }
    return sum;
  };
  const outputs = epilogue === 'swiglu' ? features / 2 : features;
  const y = new Float32Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let output = 0; output < outputs; output++) {
      const at = row * outputs + output;
      if (epilogue === 'swiglu') y[at] = silu(product(row, 2 * output)) * product(row, 2 * output + 1);
      else if (epilogue === 'gelu') y[at] = geluTanh(product(row, output));
      else if (epilogue === 'add') y[at] = product(row, output) + before[at]!;
      else y[at] = product(row, output);
    }
  }
  return y;
}
