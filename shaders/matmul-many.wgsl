// y = epilogue(x · Wᵀ + bias) for many rows of x: a workgroup makes a tile of 32 rows × 32 features and
// takes the columns through workgroup memory, 8 at a time; an invocation owns 4 rows × 4 features.
//
// @binding(0) Pass uniform
// @binding(1) x      [rows, columns] f32
// @binding(2) values [features, columns] f32 or f16, or q8: [features, groups, 32] bytes, groups = ⌈columns / 32⌉,
//                    or q4: [features, groups, 16] bytes of two columns each, the first in the low bits
// @binding(3) scales [features, groups] f32; read for q8 and q4 alone
// @binding(4) bias   [features] f32; read if has_bias
// @binding(5) y      [rows, features] f32, written; read first by the epilogue ADD
// Dispatch: ⌈rows / 32⌉ × ⌈features / 32⌉ workgroups of 64.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

// Dtypes of a matrix; what is none of these is q4.
const F32 = 0u;
const F16 = 1u;
const Q8 = 2u;
// Epilogues; what is neither does nothing.
const GELU = 1u;
const ADD = 2u;

const TILE = 32u;
// Columns at a time. Few, because software adapters are slow to clear workgroup memory.
const STEP = 8u;
// Fours of rows, or of features, in a tile.
const FOURS = 8u;
const STRIDE = 9u;

override features: u32;
override columns: u32;
override dtype: u32;
override has_bias: bool;
override epilogue: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<u32>;
@group(0) @binding(3) var<storage, read> scales: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

// [column of the step][four rows, or features, and one of padding against bank conflicts]
var<workgroup> x_tile: array<vec4f, 8 * 9>;
var<workgroup> weight_tile: array<vec4f, 8 * 9>;

// One weight. Rows of f16 need not start on a word.
fn weight(row: u32, column: u32) -> f32 {
  let at = row * columns + column;
  if (dtype == F32) { return bitcast<f32>(values[at]); }
  if (dtype == F16) { return unpack2x16float(values[at / 2])[at % 2]; }
  let group = row * ((columns + 31) / 32) + column / 32;
  if (dtype == Q8) {
    let byte = unpack4xU8(values[group * 8 + column % 32 / 4])[column % 4];
    return (f32(byte) - 128) * scales[group];
  }
  let bits = (values[group * 4 + column % 32 / 8] >> (column % 8 * 4)) & 15;
  return (f32(bits) - 8) * scales[group];
}

// Fills both tiles, an invocation one column of four rows and of four features: with zeros past the last
// column. Past the last row or feature they hold the last one again, whose products nobody writes.
fn load_tiles(t: u32, first_row: u32, first_feature: u32, first_column: u32) {
  let column = first_column + t % STEP;
  let four = t / STEP;
  let row = min(first_row + four * 4 + vec4u(0, 1, 2, 3), vec4u(params.rows - 1));
  let feature = min(first_feature + four * 4 + vec4u(0, 1, 2, 3), vec4u(features - 1));
  var inputs = vec4f();
  var weights = vec4f();
  if (column < columns) {
    let at = row * columns + column;
    inputs = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
    weights = vec4f(weight(feature.x, column), weight(feature.y, column),
                    weight(feature.z, column), weight(feature.w, column));
  }
  x_tile[t % STEP * STRIDE + four] = inputs;
  weight_tile[t % STEP * STRIDE + four] = weights;
}

// GELU by tanh, with ½ (1 + tanh u) = 1 / (1 + exp(−2u)): SwiftShader's tanh is NaN from 89 on. The bound
// keeps exp finite; a NaN goes through as the numerator.
fn gelu(value: f32) -> f32 {
  let u = 0.7978845608 * (value + 0.044715 * value * value * value);
  return value / (1 + exp(min(-2 * u, 80)));
}

fn write(row: u32, feature: u32, product: f32) {
  let at = row * features + feature;
  var value = product;
  if (has_bias) { value += bias[feature]; }
  if (epilogue == GELU) { value = gelu(value); }
  if (epilogue == ADD) { value += y[at]; }
  y[at] = value;
}

@compute @workgroup_size(64)
fn matmul_many(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let first_row = group.x * TILE;
  let first_feature = group.y * TILE;
  let four_features = t % FOURS;
  let four_rows = t / FOURS;

  // sums[row] holds four features.
  var sums = mat4x4f();
  for (var column = 0u; column < columns; column += STEP) {
    load_tiles(t, first_row, first_feature, column);
    workgroupBarrier();
    for (var k = 0u; k < STEP; k++) {
      let inputs = x_tile[k * STRIDE + four_rows];
      let weights = weight_tile[k * STRIDE + four_features];
      sums += mat4x4f(inputs.x * weights, inputs.y * weights, inputs.z * weights, inputs.w * weights);
    }
    workgroupBarrier();
  }

  for (var r = 0u; r < 4; r++) {
    for (var f = 0u; f < 4; f++) {
      let row = first_row + four_rows * 4 + r;
      let feature = first_feature + four_features * 4 + f;
      if (row < params.rows && feature < features) { write(row, feature, sums[r][f]); }
    }
  }
}
