// Reads a matrix of weights [rows, columns], row-major, in any dtype. The kernel declares its two bindings and its width:
//
// matrix_values  f32 or f16: [rows, columns]; q8: [rows, groups, 32] bytes, groups = ⌈columns / 32⌉;
//                q4: [rows, groups, 16] bytes of two columns each, the first in the low bits
// matrix_scales  [rows, groups] f32; read for q8 and q4 only
// fn matrix_columns() -> u32

// One of the following; every other value means q4.
override dtype: u32;
const F32 = 0u;
const F16 = 1u;
const Q8 = 2u;

// One weight. A row of f16 may start in the middle of a word.
fn weight(row: u32, column: u32) -> f32 {
  let at = row * matrix_columns() + column;
  if (dtype == F32) { return bitcast<f32>(matrix_values[at]); }
  if (dtype == F16) { return unpack2x16float(matrix_values[at / 2])[at % 2]; }
  let group = row * ((matrix_columns() + 31) / 32) + column / 32;
  if (dtype == Q8) {
    let byte = unpack4xU8(matrix_values[group * 8 + column % 32 / 4])[column % 4];
    return (f32(byte) - 128) * matrix_scales[group];
  }
  let bits = (matrix_values[group * 4 + column % 32 / 8] >> (column % 8 * 4)) & 15;
  return (f32(bits) - 8) * matrix_scales[group];
}

// Where four rows start in `matrix_values` and in `matrix_scales`. Needs columns to be a multiple of 4.
struct RowStarts {
  values: vec4u, scales: vec4u,
}

fn row_starts(rows: vec4u) -> RowStarts {
  let groups = (matrix_columns() + 31) / 32;
  if (dtype == F32) { return RowStarts(rows * matrix_columns(), vec4u()); }
  if (dtype == F16) { return RowStarts(rows * (matrix_columns() / 2), vec4u()); }
  if (dtype == Q8) { return RowStarts(rows * (groups * 8), rows * groups); }
  return RowStarts(rows * (groups * 4), rows * groups);
}

// Four weights of a row that starts there: columns 4 · four to 4 · four + 3.
fn four_weights(values_start: u32, scales_start: u32, four: u32) -> vec4f {
  if (dtype == F32) {
    let at = values_start + four * 4;
    return bitcast<vec4f>(vec4u(matrix_values[at], matrix_values[at + 1], matrix_values[at + 2], matrix_values[at + 3]));
  }
  if (dtype == F16) {
    let at = values_start + four * 2;
    return vec4f(unpack2x16float(matrix_values[at]), unpack2x16float(matrix_values[at + 1]));
  }
  let scale = matrix_scales[scales_start + four / 8];
  if (dtype == Q8) {
    let bytes = unpack4xU8(matrix_values[values_start + four]);
    return (vec4f(bytes) - 128) * scale;
  }
  // Half a word holds the four, the first in its lowest bits.
  let half_word = matrix_values[values_start + four / 2] >> (four % 2 * 16);
  return (vec4f((vec4u(half_word) >> vec4u(0, 4, 8, 12)) & vec4u(15)) - 8) * scale;
}
