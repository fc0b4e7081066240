// Picks the rows the head is asked for, so that the head costs no more than they do.
//
// @binding(0) picks [count] u32: rows of x
// @binding(1) x     [rows, columns] f32
// @binding(2) y     [count, columns] f32, written
// Dispatch: ⌈columns / 64⌉ × count workgroups; one invocation copies one number.

override columns: u32;

@group(0) @binding(0) var<storage, read> picks: array<u32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn gather_rows(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= columns) { return; }
  y[id.y * columns + id.x] = x[picks[id.y] * columns + id.x];
}
