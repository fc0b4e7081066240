// y = epilogue(x · Wᵀ + bias) for a few rows of x, as fast as W can be read: see parts/few-rows.wgsl. x can be
// normalised as it is read.
//
// Parts: share-rows or load-rows, pass, params, matrix, epilogue, few-rows.
//
// @binding(0) Pass uniform
// @binding(1) Shape uniform: see parts/epilogue.wgsl
// @binding(2) x             [rows, columns] f32; columns are a multiple of 4
// @binding(3) matrix_values and
// @binding(4) matrix_scales W [features, columns]: see parts/matrix.wgsl
// @binding(5) bias          see parts/epilogue.wgsl
// @binding(6) y             see parts/epilogue.wgsl
// @binding(7) norm_weights  [columns] f32; read if `normed`
// @binding(8) norm_biases   [columns] f32; read if `norm_biased`
// Dispatch: ⌈features / 16⌉ × ⌈rows / 16⌉ workgroups of 4 · lanes; with one lane ⌈features / 64⌉ × ⌈rows / 16⌉ of 8.
// lanes is 1, or a power of 2 from 8 to 64.

override norm_biased: bool;
override threads: u32 = select(4 * lanes, 8u, alone);
override features_together: u32 = select(4u, 8u, alone);

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> matrix_values: array<u32>;
@group(0) @binding(4) var<storage, read> matrix_scales: array<f32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;
@group(0) @binding(7) var<storage, read> norm_weights: array<vec4f>;
@group(0) @binding(8) var<storage, read> norm_biases: array<vec4f>;

fn norm_weight(four: u32) -> vec4f {
  return norm_weights[four];
}

fn norm_bias(four: u32) -> vec4f {
  if (norm_biased) { return norm_biases[four]; }
  return vec4f();
}

// Writes the eight features that an invocation made alone, of all rows. One loop with indices that are no constants, over
// a copy of the sums: compilers take long over branches that are unrolled for every row and feature.
fn write_alone(first_row: u32, feature: u32, sums: array<mat4x4f, 8>) {
  var copy = sums;
  let rows = min(TILE, params.rows - first_row);
  let count = min(8, shape.features - min(feature, shape.features));
  for (var row = 0u; row < rows; row++) {
    for (var f = 0u; f < count; f += rows_together()) {
      let at = f / 4 * 4 + row / 4;
      write(first_row + row, feature + f, copy[at][row % 4][f % 4], copy[at][row % 4][(f + 1) % 4]);
    }
  }
}

// Writes the rows that lanes share, up to rows_shared, of their four features: each makes a number or two, or none.
fn write_together(t: u32, first_row: u32, first_feature: u32) {
  let rows = min(rows_shared, params.rows - first_row);
  for (var own = lane_of(t) * rows_together(); own < rows * 4; own += lanes * rows_together()) {
    let feature = own % 4;
    var next = 0.0;
    if (shape.epilogue == SWIGLU) { next = sum_of_lanes(t, own / 4, feature + 1); }
    let sum = sum_of_lanes(t, own / 4, feature);
    if (first_feature + feature < shape.features) { write(first_row + own / 4, first_feature + feature, sum, next); }
  }
  workgroupBarrier();
}

@compute @workgroup_size(threads)
fn matmul_few(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let row = group.y * TILE;
  if (row >= params.rows) { return; }
  let t = numbered(index);
  if (normed) { measure_rows(t, row); }
  let feature = (group.x * (threads / lanes) + team_of(t)) * features_together;
  // Past the last feature it repeats; nobody writes those sums.
  let on_left = min(feature + vec4u(0, 1, 2, 3), vec4u(shape.features - 1));
  let on_right = min(feature + vec4u(4, 5, 6, 7), vec4u(shape.features - 1));
  var left: TileSums;
  var right: TileSums;
  multiply(t, row, on_left, on_right, &left, &right);

  if (alone) {
    write_alone(row, feature,
                array<mat4x4f, 8>(left[0], left[1], left[2], left[3], right[0], right[1], right[2], right[3]));
    return;
  }
  for (var of_tile = 0u; of_tile < rolled(min(TILE, params.rows - row)); of_tile += rows_shared) {
    share_sums(t, of_tile, &left);
    write_together(t, row + of_tile, feature);
  }
}
