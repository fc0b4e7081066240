// How a matmul ends: adds the bias, applies the epilogue and writes y. The kernel declares the bindings
//
// bias  f32, one number for each row of the whole matrix; read if `has_bias`
// y     [rows of the pass, y_columns] f32, written from column y_offset on; ADD reads it first
//
// Where the matrix is one row part of a larger one, y_offset is the part's first column of y, and the part of
// the bias starts where it does.

// Rows of the matrix.
override features: u32;
override has_bias: bool;
override y_columns: u32;
override y_offset: u32;
// One of the following; every other value means none.
override epilogue: u32;
const GELU = 1u;
const ADD = 2u;
// The rows of the matrix alternate between gate and up: y = silu(gate) · up has half as many features.
const SWIGLU = 3u;

// Rows of the matrix that make one number of y.
override rows_together: u32 = select(1u, 2u, epilogue == SWIGLU);

// GELU in its tanh form, with ½ (1 + tanh u) = 1 / (1 + exp(−2u)): SwiftShader's tanh is NaN for |u| ≥ 89.
// The bound keeps exp finite. A NaN passes through the numerator.
fn gelu(value: f32) -> f32 {
  let u = 0.7978845608 * (value + 0.044715 * value * value * value);
  return value / (1 + exp(min(-2 * u, 80)));
}

// value · sigmoid(value); the bound is as in `gelu`.
fn silu(value: f32) -> f32 {
  return value / (1 + exp(min(-value, 80)));
}

// Writes the number that starts at this row of the matrix. `next` is the product of the row after it, which
// only SWIGLU needs.
fn write(row: u32, feature: u32, product: f32, next: f32) {
  let at = row * y_columns + y_offset + feature / rows_together;
  var value = product;
  var up = next;
  if (has_bias) {
    let bias_at = y_offset * rows_together + feature;
    value += bias[bias_at];
    if (epilogue == SWIGLU) { up += bias[bias_at + 1]; }
  }
  if (epilogue == GELU) { value = gelu(value); }
  if (epilogue == ADD) { value += y[at]; }
  if (epilogue == SWIGLU) { value = silu(value) * up; }
  y[at] = value;
}
