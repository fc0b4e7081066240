// y = epilogue(x · Wᵀ + bias) for a few rows of x, where reading W is the work. 8 invocations, the lanes
// of a team, share 4 features × 4 rows and walk the columns side by side, four columns each at a time, with
// weights and sums in registers; then they add up their sums. Neighbouring teams take other rows of the same
// features, so that one read of W serves them all.
//
// @binding(0) Pass uniform
// @binding(1) x      [rows, columns] f32; columns are a multiple of 4
// @binding(2) values [features, columns] f32 or f16, or q8: [features, groups, 32] bytes, groups = ⌈columns / 32⌉
// @binding(3) scales [features, groups] f32; read for q8 alone
// @binding(4) bias   [features] f32; read if has_bias
// @binding(5) y      [rows, features] f32, written; read first by the epilogue ADD
// Dispatch: ⌈⌈rows / 4⌉ · ⌈features / 4⌉ / 4⌉ workgroups of 32, four teams each.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

// Dtypes of a matrix; what is neither is q8.
const F32 = 0u;
const F16 = 1u;
// Epilogues; what is neither does nothing.
const GELU = 1u;
const ADD = 2u;

const LANES = 8u;
const TEAMS = 4u;

override features: u32;
override columns: u32;
override dtype: u32;
override has_bias: bool;
override epilogue: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> values: array<u32>;
@group(0) @binding(3) var<storage, read> scales: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

// [invocation]: four features of one row. Small, because software adapters are slow to clear workgroup memory.
var<workgroup> parts: array<vec4f, 32>;

// Columns 4 · four and on of one feature.
fn weights_of(feature: u32, four: u32) -> vec4f {
  if (dtype == F32) {
    let at = feature * columns + four * 4;
    return bitcast<vec4f>(vec4u(values[at], values[at + 1], values[at + 2], values[at + 3]));
  }
  if (dtype == F16) {
    let at = feature * columns / 2 + four * 2;
    return vec4f(unpack2x16float(values[at]), unpack2x16float(values[at + 1]));
  }
  let groups = (columns + 31) / 32;
  let bytes = unpack4xU8(values[feature * groups * 8 + four]);
  return (vec4f(bytes) - 128) * scales[feature * groups + four / 8];
}

// The same columns of four features, one a column of the matrix.
fn weights(first_feature: u32, four: u32) -> mat4x4f {
  let at = min(first_feature + vec4u(0, 1, 2, 3), vec4u(features - 1));
  return mat4x4f(weights_of(at.x, four), weights_of(at.y, four), weights_of(at.z, four), weights_of(at.w, four));
}

// And of four rows of x.
fn inputs(first_row: u32, four: u32) -> mat4x4f {
  let at = min(first_row + vec4u(0, 1, 2, 3), vec4u(params.rows - 1)) * (columns / 4) + four;
  return mat4x4f(x[at.x], x[at.y], x[at.z], x[at.w]);
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

@compute @workgroup_size(32)
fn matmul_few(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let lane = t % LANES;
  let team = group.x * TEAMS + t / LANES;
  let row_fours = (params.rows + 3) / 4;
  let first_row = team % row_fours * 4;
  let first_feature = team / row_fours * 4;

  // sums[row] holds four features.
  var sums = mat4x4f();
  for (var four = lane; four < columns / 4; four += LANES) {
    sums += transpose(weights(first_feature, four)) * inputs(first_row, four);
  }

  // Row by row, the first lanes add up one feature each.
  for (var r = 0u; r < min(4, params.rows); r++) {
    parts[t] = sums[r];
    workgroupBarrier();
    if (lane < 4 && first_feature + lane < features && first_row + r < params.rows) {
      var sum = 0.0;
      for (var i = 0u; i < LANES; i++) { sum += parts[t - lane + i][lane]; }
      write(first_row + r, first_feature + lane, sum);
    }
    workgroupBarrier();
  }
}
