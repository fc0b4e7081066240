// Looks up the embedding of each id: y[row] = W[ids[row]], unpacked to f32. The matrix may be one row part of W: it
// holds the ids [first_row, first_row + rows_of_part), and the rows of y of all other ids stay as they are.
//
// Parts: pass, matrix.
//
// @binding(0) Pass uniform
// @binding(1) ids           [rows] u32
// @binding(2) matrix_values and
// @binding(3) matrix_scales [rows_of_part, columns]: see parts/matrix.wgsl
// @binding(4) y             [rows, columns] f32, written
// Dispatch: ⌈columns / 64⌉ × rows workgroups of 64; one invocation makes one number.

override columns: u32;
override first_row: u32;
override rows_of_part: u32;

@group(0) @binding(0) var<uniform> params: Pass;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> matrix_values: array<u32>;
@group(0) @binding(3) var<storage, read> matrix_scales: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn matrix_columns() -> u32 {
  return columns;
}

@compute @workgroup_size(64)
fn embedding(@builtin(global_invocation_id) place: vec3u) {
  let column = place.x;
  let row = place.y;
  if (column >= columns || row >= params.rows) { return; }
  let id = ids[row];
  if (id < first_row || id - first_row >= rows_of_part) { return; }
  y[row * columns + column] = weight(id - first_row, column);
}
