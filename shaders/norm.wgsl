// Norm over the columns of each row. Layer: y = (x − mean) / √(variance + epsilon) · weight + bias, with the
// variance the mean square of x − mean, in a second pass over the row: the mean of squares less the squared mean
// would lose its digits where the mean is large. RMS: the same with 0 for the mean. Row i of y is the norm of
// row i of x, or of row picks[i].
//
// Parts: pass.
//
// @binding(0) Pass uniform
// @binding(1) x      [rows, columns] f32, or more rows with picks
// @binding(2) picks  [rows] u32: rows of x; read if `picked`
// @binding(3) weight [columns] f32
// @binding(4) bias   [columns] f32; read if `biased`
// @binding(5) y      [rows, columns] f32, written
// Dispatch: rows workgroups of `threads`, one a row.

override columns: u32;
override epsilon: f32;
// RMS norm if true, otherwise layer norm.
override is_rms: bool;
override biased: bool;
override picked: bool;
override threads: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> picks: array<u32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

// [invocation]: the sum over its columns.
var<workgroup> sums: array<f32, threads>;

fn sum_of_all(t: u32, mine: f32) -> f32 {
  sums[t] = mine;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < threads; i++) { total += sums[i]; }
  workgroupBarrier();
  return total;
}

@compute @workgroup_size(threads)
fn norm(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  if (group.x >= params.rows) { return; }
  let to = group.x * columns;
  var row = to;
  if (picked) { row = picks[group.x] * columns; }

  var mean = 0.0;
  if (!is_rms) {
    var sum = 0.0;
    for (var column = t; column < columns; column += threads) { sum += x[row + column]; }
    mean = sum_of_all(t, sum) / f32(columns);
  }
  var square = 0.0;
  for (var column = t; column < columns; column += threads) {
    let distance = x[row + column] - mean;
    square += distance * distance;
  }
  let scale = 1 / sqrt(sum_of_all(t, square) / f32(columns) + epsilon);

  for (var column = t; column < columns; column += threads) {
    var value = (x[row + column] - mean) * scale * weight[column];
    if (biased) { value += bias[column]; }
    y[to + column] = value;
  }
}
