// How a matmul ends: adds the bias, applies the epilogue and writes y. The kernel declares the bindings
//
// shape uniform
// bias  f32, one number for each row of the whole matrix; read if has_bias is 1
// y     [rows of the pass, y_columns] f32, written from column y_offset on; ADD reads it first
//
// Where the matrix is one row part of a larger one, y_offset is the part's first column of y, and the part of
// the bias starts where it does.

// The shape is a uniform, so that all matrices of a dtype share one pipeline: compiling takes longer than running.
struct Shape {
  // Rows and columns of the matrix.
  features: u32, columns: u32,
  y_columns: u32, y_offset: u32,
  // One of the following; every other value means none.
  epilogue: u32,
  has_bias: u32,
}

const GELU = 1u;
const ADD = 2u;
// The rows of the matrix alternate between gate and up: y = silu(gate) · up has half as many features.
const SWIGLU = 3u;

fn matrix_columns() -> u32 {
  return shape.columns;
}

// Rows of the matrix that make one number of y.
fn rows_together() -> u32 {
  return select(1u, 2u, shape.epilogue == SWIGLU);
}

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
  let together = rows_together();
  let at = row * shape.y_columns + shape.y_offset + feature / together;
  var value = product;
  var up = next;
  if (shape.has_bias == 1) {
    let bias_at = shape.y_offset * together + feature;
    value += bias[bias_at];
    if (shape.epilogue == SWIGLU) { up += bias[bias_at + 1]; }
  }
  switch shape.epilogue {
    case GELU: { value = gelu(value); }
    case ADD: { value += y[at]; }
    case SWIGLU: { value = silu(value) * up; }
    default: {}
  }
  y[at] = value;
}
