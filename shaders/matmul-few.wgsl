// y = epilogue(x · Wᵀ + bias) for a few rows of x, where reading W is the work: a weight is read once for 16
// rows, unpacked in registers. `lanes` invocations share 4 features of these rows; they walk the columns side
// by side, four columns each at a time, and then add up their sums. With one lane there is nothing to add up
// and no barrier is left: an invocation makes 8 features on its own, so that a number of x serves more of them.
// Many lanes keep a GPU busy; one lane suits software adapters, where barriers are slow.
//
// @binding(0) Pass uniform
// @binding(1) x      [rows, columns] f32; columns are a multiple of 4
// @binding(2) values [features, columns] f32 or f16, or q8: [features, groups, 32] bytes, groups = ⌈columns / 32⌉,
//                    or q4: [features, groups, 16] bytes of two columns each, the first in the low bits
// @binding(3) scales [features, groups] f32; read for q8 and q4 alone
// @binding(4) bias   [features] f32; read if has_bias
// @binding(5) y      [rows, features] f32, written; read first by the epilogue ADD
// @binding(6) norm_weight and
// @binding(7) norm_bias   [columns] f32; read if `normed`: x is then normalised as by `layer-norm` while it is read
// Dispatch: ⌈features / (4 · 32 / lanes)⌉ × ⌈rows / 16⌉ workgroups of 32; with one lane ⌈features / 64⌉ × ⌈rows / 16⌉
// of 8. lanes is 1, or a power of 2 from 4 to 32; one alone does not norm, as each would have to do it for
// itself.

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

// Rows that one read of a weight serves.
const TILE = 16u;

override lanes: u32;
override features: u32;
override columns: u32;
override dtype: u32;
override has_bias: bool;
override epilogue: u32;
override normed: bool;
override epsilon: f32;

override alone: bool = lanes == 1;
override threads: u32 = select(32u, 8u, alone);
override features_together: u32 = select(4u, 8u, alone);

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> values: array<u32>;
@group(0) @binding(3) var<storage, read> scales: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read> norm_weight: array<vec4f>;
@group(0) @binding(7) var<storage, read> norm_bias: array<vec4f>;

// [invocation]: four features of one row; before that, what a row of x adds up to for its norm. Small, because
// software adapters are slow to clear workgroup memory.
var<workgroup> parts: array<vec4f, threads>;
// [row of the tile]: mean, and 1 / √(variance + epsilon).
var<workgroup> moments: array<vec2f, TILE>;

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
  let scale = scales[feature * groups + four / 8];
  if (dtype == Q8) {
    let bytes = unpack4xU8(values[feature * groups * 8 + four]);
    return (vec4f(bytes) - 128) * scale;
  }
  // Half a word, the first column in its lowest bits.
  let half_word = values[feature * groups * 4 + four / 2] >> (four % 2 * 16);
  return (vec4f((vec4u(half_word) >> vec4u(0, 4, 8, 12)) & vec4u(15)) - 8) * scale;
}

// The same columns of four features, one a column of the matrix; past the last feature it again, whose sums
// nobody writes.
fn weights(first_feature: u32, four: u32) -> mat4x4f {
  let at = min(first_feature + vec4u(0, 1, 2, 3), vec4u(features - 1));
  return mat4x4f(weights_of(at.x, four), weights_of(at.y, four), weights_of(at.z, four), weights_of(at.w, four));
}

// Mean and 1 / √(variance + epsilon) of the rows of the tile, which two invocations each walk twice: the mean of
// squares less the squared mean would lose its digits where the mean is large.
fn measure_rows(t: u32, first_row: u32) {
  let start = min(first_row + t / 2, params.rows - 1) * (columns / 4);
  var sum = vec4f();
  for (var four = t % 2; four < columns / 4; four += 2) { sum += x[start + four]; }
  parts[t] = sum;
  workgroupBarrier();
  let mean = dot(parts[t] + parts[t ^ 1], vec4f(1)) / f32(columns);
  workgroupBarrier();
  var squares = vec4f();
  for (var four = t % 2; four < columns / 4; four += 2) {
    let distance = x[start + four] - mean;
    squares += distance * distance;
  }
  parts[t] = squares;
  workgroupBarrier();
  let variance = dot(parts[t] + parts[t ^ 1], vec4f(1)) / f32(columns);
  moments[t / 2] = vec2f(mean, 1 / sqrt(variance + epsilon));
  workgroupBarrier();
}

// And of four rows of x, normalised if it is to be.
fn inputs(first_row: u32, four: u32) -> mat4x4f {
  let at = min(first_row + vec4u(0, 1, 2, 3), vec4u(params.rows - 1)) * (columns / 4) + four;
  let rows = mat4x4f(x[at.x], x[at.y], x[at.z], x[at.w]);
  if (!normed) { return rows; }
  let scale = norm_weight[four];
  let shift = norm_bias[four];
  let of_tile = first_row % TILE;
  return mat4x4f(normalised(rows[0], of_tile, scale, shift), normalised(rows[1], of_tile + 1, scale, shift),
                 normalised(rows[2], of_tile + 2, scale, shift), normalised(rows[3], of_tile + 3, scale, shift));
}

fn normalised(numbers: vec4f, row_of_tile: u32, scale: vec4f, shift: vec4f) -> vec4f {
  let moment = moments[row_of_tile];
  return (numbers - moment.x) * moment.y * scale + shift;
}

// [row][feature]
fn products(inputs: mat4x4f, weights: mat4x4f) -> mat4x4f {
  return mat4x4f(inputs[0] * weights, inputs[1] * weights, inputs[2] * weights, inputs[3] * weights);
}

// GELU by tanh, with ½ (1 + tanh u) = 1 / (1 + exp(−2u)): SwiftShader's tanh is NaN from 89 on. The bound
// keeps exp finite; a NaN goes through as the numerator.
fn gelu(value: f32) -> f32 {
  let u = 0.7978845608 * (value + 0.044715 * value * value * value);
  return value / (1 + exp(min(-2 * u, 80)));
}

fn write(row: u32, feature: u32, product: f32) {
  if (row >= params.rows || feature >= features) { return; }
  let at = row * features + feature;
  var value = product;
  if (has_bias) { value += bias[feature]; }
  if (epilogue == GELU) { value = gelu(value); }
  if (epilogue == ADD) { value += y[at]; }
  y[at] = value;
}

// Writes four rows of four features; of several lanes the first four add up one feature each.
fn finish(t: u32, first_row: u32, first_feature: u32, sums: mat4x4f) {
  for (var r = 0u; r < 4; r++) {
    if (alone) {
      for (var f = 0u; f < 4; f++) { write(first_row + r, first_feature + f, sums[r][f]); }
    } else {
      let lane = t % lanes;
      parts[t] = sums[r];
      workgroupBarrier();
      if (lane < 4) {
        var sum = 0.0;
        for (var i = 0u; i < lanes; i++) { sum += parts[t - lane + i][lane]; }
        write(first_row + r, first_feature + lane, sum);
      }
      workgroupBarrier();
    }
  }
}

@compute @workgroup_size(threads)
fn matmul_few(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let row = group.y * TILE;
  let fours_of_rows = (min(TILE, params.rows - row) + 3) / 4;
  if (normed) { measure_rows(t, row); }
  let feature = (group.x * (threads / lanes) + t / lanes) * features_together;

  // [four rows]; what is on the right is for one who works alone. Every index is a constant: arrays with others
  // would leave the registers.
  var sums: array<mat4x4f, 4>;
  var right_sums: array<mat4x4f, 4>;
  for (var four = t % lanes; four < columns / 4; four += lanes) {
    let of_left = weights(feature, four);
    var of_right: mat4x4f;
    if (alone) { of_right = weights(feature + 4, four); }

    var rows = inputs(row, four);
    sums[0] += products(rows, of_left);
    if (alone) { right_sums[0] += products(rows, of_right); }
    if (fours_of_rows > 1) {
      rows = inputs(row + 4, four);
      sums[1] += products(rows, of_left);
      if (alone) { right_sums[1] += products(rows, of_right); }
    }
    if (fours_of_rows > 2) {
      rows = inputs(row + 8, four);
      sums[2] += products(rows, of_left);
      if (alone) { right_sums[2] += products(rows, of_right); }
    }
    if (fours_of_rows > 3) {
      rows = inputs(row + 12, four);
      sums[3] += products(rows, of_left);
      if (alone) { right_sums[3] += products(rows, of_right); }
    }
  }

  finish(t, row, feature, sums[0]);
  if (fours_of_rows > 1) { finish(t, row + 4, feature, sums[1]); }
  if (fours_of_rows > 2) { finish(t, row + 8, feature, sums[2]); }
  if (fours_of_rows > 3) { finish(t, row + 12, feature, sums[3]); }
  if (alone) {
    finish(t, row, feature + 4, right_sums[0]);
    if (fours_of_rows > 1) { finish(t, row + 4, feature + 4, right_sums[1]); }
    if (fours_of_rows > 2) { finish(t, row + 8, feature + 4, right_sums[2]); }
    if (fours_of_rows > 3) { finish(t, row + 12, feature + 4, right_sums[3]); }
  }
}
