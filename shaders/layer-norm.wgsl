// Layer norm over the columns of each row: y = (x − mean) / √(variance + epsilon) · weight + bias. The
// variance is the mean square of x − mean, in a second pass over the row: the mean of squares less the
// squared mean would lose its digits where the mean is large. A row of y is the same row of x or, where
// rows are picked, row picks[row] of it.
//
// @binding(0) Pass uniform
// @binding(1) x      [rows, columns] f32, or more rows where they are picked
// @binding(2) picks  [rows] u32: rows of x; read if `picked`
// @binding(3) weight [columns] f32
// @binding(4) bias   [columns] f32
// @binding(5) y      [rows, columns] f32, written
// Dispatch: rows workgroups of `threads`, one a row.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

override columns: u32;
override epsilon: f32;
override picked: bool;
override threads: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> picks: array<u32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

// [invocation]: sum of its columns, and of their squared distances from the mean.
var<workgroup> sums: array<f32, threads>;
var<workgroup> squares: array<f32, threads>;

@compute @workgroup_size(threads)
fn layer_norm(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  if (group.x >= params.rows) { return; }
  let to = group.x * columns;
  var row = to;
  if (picked) { row = picks[group.x] * columns; }

  var sum = 0.0;
  for (var column = t; column < columns; column += threads) { sum += x[row + column]; }
  sums[t] = sum;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < threads; i++) { total += sums[i]; }
  let mean = total / f32(columns);

  var square = 0.0;
  for (var column = t; column < columns; column += threads) {
    let distance = x[row + column] - mean;
    square += distance * distance;
  }
  squares[t] = square;
  workgroupBarrier();
  total = 0.0;
  for (var i = 0u; i < threads; i++) { total += squares[i]; }
  let scale = 1.0 / sqrt(total / f32(columns) + epsilon);

  for (var column = t; column < columns; column += threads) {
    y[to + column] = (x[row + column] - mean) * scale * weight[column] + bias[column];
  }
}
