// y = epilogue(x · Wᵀ + bias) for many rows of x: a workgroup makes a tile of 32 rows × 32 features and takes
// the columns through workgroup memory, 8 at a time; an invocation owns 4 rows × 4 features.
//
// Parts: pass, matrix, epilogue.
//
// @binding(0) Pass uniform
// @binding(1) Shape uniform: see parts/epilogue.wgsl
// @binding(2) x             [rows, columns] f32
// @binding(3) matrix_values and
// @binding(4) matrix_scales W [features, columns]: see parts/matrix.wgsl
// @binding(5) bias          see parts/epilogue.wgsl
// @binding(6) y             see parts/epilogue.wgsl
// Dispatch: ⌈rows / 32⌉ × ⌈features / 32⌉ workgroups of 64.

const TILE = 32u;
// Columns at a time. Few, because software adapters are slow to clear workgroup memory.
const STEP = 8u;
// Fours of rows, or of features, in a tile.
const FOURS = 8u;
const STRIDE = 9u;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> matrix_values: array<u32>;
@group(0) @binding(4) var<storage, read> matrix_scales: array<f32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

// [column of the step][four rows, or features, and one of padding against bank conflicts]
var<workgroup> x_tile: array<vec4f, 8 * 9>;
var<workgroup> weight_tile: array<vec4f, 8 * 9>;

// Fills both tiles: each invocation loads one column of four rows and of four features. Past the last column
// they hold zeros; past the last row or feature it repeats, and nobody writes those products.
fn load_tiles(t: u32, first_row: u32, first_feature: u32, first_column: u32) {
  let column = first_column + t % STEP;
  let four = t / STEP;
  let row = min(first_row + four * 4 + vec4u(0, 1, 2, 3), vec4u(params.rows - 1));
  let feature = min(first_feature + four * 4 + vec4u(0, 1, 2, 3), vec4u(shape.features - 1));
  var inputs = vec4f();
  var weights = vec4f();
  if (column < shape.columns) {
    let at = row * shape.columns + column;
    inputs = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
    weights = vec4f(weight(feature.x, column), weight(feature.y, column),
                    weight(feature.z, column), weight(feature.w, column));
  }
  x_tile[t % STEP * STRIDE + four] = inputs;
  weight_tile[t % STEP * STRIDE + four] = weights;
}

@compute @workgroup_size(64)
fn matmul_many(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let first_row = group.x * TILE;
  let first_feature = group.y * TILE;
  let four_features = t % FOURS;
  let four_rows = t / FOURS;

  // [row][feature]
  var sums = mat4x4f();
  for (var column = 0u; column < shape.columns; column += STEP) {
    load_tiles(t, first_row, first_feature, column);
    workgroupBarrier();
    for (var k = 0u; k < STEP; k++) {
      let inputs = x_tile[k * STRIDE + four_rows];
      let weights = weight_tile[k * STRIDE + four_features];
      sums += mat4x4f(inputs.x * weights, inputs.y * weights, inputs.z * weights, inputs.w * weights);
    }
    workgroupBarrier();
  }

  // Bounds that the compiler does not know keep these loops rolled.
  let row = first_row + four_rows * 4;
  let feature = first_feature + four_features * 4;
  let finished = sums;
  for (var r = 0u; r < min(4, params.rows - min(row, params.rows)); r++) {
    for (var f = 0u; f < min(4, shape.features - min(feature, shape.features)); f += rows_together()) {
      write(row + r, feature + f, finished[r][f], finished[r][(f + 1) % 4]);
    }
  }
}
