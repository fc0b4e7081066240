// Layer norm over the columns of each row: y = (x − mean) / √(variance + epsilon) · weight + bias. The
// variance is the mean square of x − mean, in a second pass over the row: the mean of squares less the
// squared mean would lose its digits where the mean is large.
//
// @binding(0) Pass uniform
// @binding(1) x      [rows, columns] f32
// @binding(2) weight [columns] f32
// @binding(3) bias   [columns] f32
// @binding(4) y      [rows, columns] f32, written
// Dispatch: rows workgroups of 64, one a row.

struct Pass {
  rows: u32, position: u32, block_size: u32, ring: u32,
  seed: u32, pass_number: u32, temperature: f32, top_p: f32,
}

const THREADS = 64u;

override columns: u32;
override epsilon: f32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// [invocation]: sum of its columns, and of their squared distances from the mean.
var<workgroup> sums: array<f32, 64>;
var<workgroup> squares: array<f32, 64>;

@compute @workgroup_size(64)
fn layer_norm(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  if (group.x >= params.rows) { return; }
  let row = group.x * columns;

  var sum = 0.0;
  for (var column = t; column < columns; column += THREADS) { sum += x[row + column]; }
  sums[t] = sum;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < THREADS; i++) { total += sums[i]; }
  let mean = total / f32(columns);

  var square = 0.0;
  for (var column = t; column < columns; column += THREADS) {
    let distance = x[row + column] - mean;
    square += distance * distance;
  }
  squares[t] = square;
  workgroupBarrier();
  total = 0.0;
  for (var i = 0u; i < THREADS; i++) { total += squares[i]; }
  let scale = 1.0 / sqrt(total / f32(columns) + epsilon);

  for (var column = t; column < columns; column += THREADS) {
    y[row + column] = (x[row + column] - mean) * scale * weight[column] + bias[column];
  }
}
