// Products of up to 16 rows of x with the rows ("features") of a matrix, where reading the matrix is the work: a
// weight is read once for 16 rows and unpacked in registers. `lanes` invocations share 4 features; they walk the
// columns side by side, four columns each at a time, and then add up their sums. With one lane there is nothing
// to add up and no barrier: an invocation makes 8 features on its own, so that a number of x serves more of them.
// Many lanes keep a GPU busy; one lane suits software adapters, where barriers are slow.
//
// x can be normalised as it is read, which needs lanes > 1: each single lane would have to do it again. How x is read,
// `load-rows` or `share-rows` says. An invocation t has the number that `numbered` there gives it.
//
// The kernel declares `params`, `threads`, and
//   x  [rows, columns] f32 as vec4f; columns are a multiple of 4
//   fn norm_weight(four: u32) -> vec4f  the norm's weight for columns 4 · four to 4 · four + 3, and
//   fn norm_bias(four: u32) -> vec4f    its bias; called if `normed`

// Rows that one read of a weight serves.
const TILE = 16u;

// 1, or a power of 2 from 8 on.
override lanes: u32;
override alone: bool = lanes == 1;
override normed: bool;
// RMS norm if true, otherwise layer norm.
override norm_is_rms: bool;
override norm_epsilon: f32;
// Invocations that measure one row of x for its norm.
override measurers: u32 = max(1u, threads / TILE);
// Rows whose sums lanes share at once: four are more than 256 invocations have workgroup memory for.
override rows_shared: u32 = select(4u, 2u, threads > 128);
override all_shared: u32 = select(rows_shared * threads, 1u, alone);

// A team is the lanes that share features. Which one invocation t is of, and which lane of it.
fn team_of(t: u32) -> u32 {
  return t / (TEAMS_TOGETHER * lanes) * TEAMS_TOGETHER + t % TEAMS_TOGETHER;
}

fn lane_of(t: u32) -> u32 {
  return t / TEAMS_TOGETHER % lanes;
}

fn invocation_at(team: u32, lane: u32) -> u32 {
  return (team / TEAMS_TOGETHER * lanes + lane) * TEAMS_TOGETHER + team % TEAMS_TOGETHER;
}

// [invocation]: what it has to add up with others. Small, as software adapters are slow to clear workgroup memory.
var<workgroup> parts: array<vec4f, threads>;
// [invocation][row]: its sums of a row or more, for the lanes that share the features to add up. Not for a lane on its own.
var<workgroup> shared_sums: array<vec4f, all_shared>;
// [row of the tile]: mean (0 for RMS), and 1 / √(mean square of x − mean + epsilon).
var<workgroup> moments: array<vec2f, TILE>;

// Fills `moments`. Layer norm walks the row twice: the mean of squares less the squared mean would lose its
// digits where the mean is large.
fn measure_rows(t: u32, first_row: u32) {
  let fours = rolled(matrix_columns() / 4);
  let start = min(first_row + t / measurers, params.rows - 1) * fours;
  var mean = 0.0;
  if (!norm_is_rms) {
    var sum = vec4f();
    for (var four = t % measurers; four < fours; four += measurers) { sum += x[start + four]; }
    mean = sum_of_measurers(t, sum) / f32(matrix_columns());
  }
  var squares = vec4f();
  for (var four = t % measurers; four < fours; four += measurers) {
    let distance = x[start + four] - mean;
    squares += distance * distance;
  }
  let variance = sum_of_measurers(t, squares) / f32(matrix_columns());
  if (t < measurers * TILE) { moments[t / measurers] = vec2f(mean, 1 / sqrt(variance + norm_epsilon)); }
  workgroupBarrier();
}

fn sum_of_measurers(t: u32, mine: vec4f) -> f32 {
  parts[t] = mine;
  workgroupBarrier();
  let first = t / measurers * measurers;
  var sum = vec4f();
  for (var i = first; i < rolled(min(first + measurers, threads)); i++) { sum += parts[i]; }
  workgroupBarrier();
  return dot(sum, vec4f(1));
}

// The norm's weight and bias for four columns.
struct NormOfColumns {
  weight: vec4f, bias: vec4f,
}

fn norm_of(four: u32) -> NormOfColumns {
  if (!normed) { return NormOfColumns(); }
  return NormOfColumns(norm_weight(four), norm_bias(four));
}

// The same columns of four features, each a column of the result.
fn weights_of(starts: RowStarts, four: u32) -> mat4x4f {
  let values = starts.values;
  let scales = starts.scales;
  return mat4x4f(four_weights(values.x, scales.x, four), four_weights(values.y, scales.y, four),
                 four_weights(values.z, scales.z, four), four_weights(values.w, scales.w, four));
}

// [row][feature]
fn products(inputs: mat4x4f, weights: mat4x4f) -> mat4x4f {
  return mat4x4f(inputs[0] * weights, inputs[1] * weights, inputs[2] * weights, inputs[3] * weights);
}

// Sums over an invocation's columns: [four rows of the tile][row][feature].
alias TileSums = array<mat4x4f, 4>;

fn fours_of_rows(first_row: u32) -> u32 {
  return (min(TILE, params.rows - first_row) + 3) / 4;
}

// Multiplies the rows of a tile with the features on the left; a single lane also with those on the right. Every
// index of the sums is a constant: arrays with other indices would leave the registers.
fn multiply(t: u32, row: u32, on_left: vec4u, on_right: vec4u,
            left: ptr<function, TileSums>, right: ptr<function, TileSums>) {
  let fours = fours_of_rows(row);
  let end = matrix_columns() / 4;
  let left_starts = row_starts(on_left);
  let right_starts = row_starts(on_right);
  let inputs = array<Inputs, 4>(inputs_at(row), inputs_at(row + 4), inputs_at(row + 8), inputs_at(row + 12));
  for (var first = first_four(t); first < end; first += lanes) {
    let four = own_four(t, first);
    let norm = norm_of(four);
    let left_weights = weights_of(left_starts, four);
    var right_weights: mat4x4f;
    if (alone) { right_weights = weights_of(right_starts, four); }

    var rows = four_inputs(inputs[0], four, norm);
    (*left)[0] += products(rows, left_weights);
    if (alone) { (*right)[0] += products(rows, right_weights); }
    if (fours > 1) {
      rows = four_inputs(inputs[1], four, norm);
      (*left)[1] += products(rows, left_weights);
      if (alone) { (*right)[1] += products(rows, right_weights); }
    }
    if (fours > 2) {
      rows = four_inputs(inputs[2], four, norm);
      (*left)[2] += products(rows, left_weights);
      if (alone) { (*right)[2] += products(rows, right_weights); }
    }
    if (fours > 3) {
      rows = four_inputs(inputs[3], four, norm);
      (*left)[3] += products(rows, left_weights);
      if (alone) { (*right)[3] += products(rows, right_weights); }
    }
  }
}

// The sums of four rows that lanes share. A copy, for indices that are no constants: what ends a kernel must be a loop,
// as compilers take long over the same branches unrolled for every row and feature.
fn sums_of(sums: ptr<function, TileSums>, four: u32) -> mat4x4f {
  switch four {
    case 0: { return (*sums)[0]; }
    case 1: { return (*sums)[1]; }
    case 2: { return (*sums)[2]; }
    default: { return (*sums)[3]; }
  }
}

// Shares the sums of rows_shared rows, from this one of the tile on.
fn share_sums(t: u32, first_row: u32, sums: ptr<function, TileSums>) {
  let four = sums_of(sums, first_row / 4);
  for (var row = 0u; row < rolled(rows_shared); row++) { shared_sums[t * rows_shared + row] = four[first_row % 4 + row]; }
  workgroupBarrier();
}

// Adds up one feature of a shared row over the lanes that share it with invocation t.
fn sum_of_lanes(t: u32, row: u32, feature: u32) -> f32 {
  var sum = 0.0;
  for (var lane = 0u; lane < lanes; lane++) {
    sum += shared_sums[invocation_at(team_of(t), lane) * rows_shared + row][feature];
  }
  return sum;
}
